"""The papers of a bundle, made again from its events and its manifest: what the single-file verifier cannot do.

Whoever holds the key could sign a summary that says something else than the events. A paper is words of one
edition of the sources, so only the edition that made a bundle makes its papers again.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from cutover.exports import fhir, words
from cutover.exports.about import About
from cutover.exports.papers import CERTIFICATE, CUSTODY, FHIR, LEAFLET, PAGE, README, custody
from cutover.exports.planned import redaction
from cutover.exports.summary.gathered import Gathered
from cutover.exports.summary.leaflet import leaflet
from cutover.exports.summary.page import page
from cutover.exports.summary.story import story
from cutover.exports.verifier import verifier
from cutover.verifying.contents import MANIFEST, Manifest, read_manifest_of
from cutover.verifying.findings import WARNING, Fault, Report
from cutover.verifying.lines import EVENTS
from cutover.verifying.tarball import Archive

VERIFIER = "verify.py"
_MOST = 64 * 1024 * 1024
_PICTURE = re.compile(rb"data:image/svg\+xml;base64,[0-9A-Za-z+/=]*")


def check_papers(path: Path, report: Report, build: str) -> None:
    """Reports every paper of a bundle that is not what its events and its manifest give; `build` is this `edition`.

    Nothing is looked at where the bundle has a fault already, or is a proof; what another version made is told.
    """
    if report.code or "first_seq" not in report.facts:
        return
    with path.open("rb") as file:
        archive = Archive(file)
        manifest = read_manifest_of(archive)
        made_by = str(manifest.body.get("build", ""))
        if made_by != build:
            report.warn("papers", f"made by crossfade {made_by}, and this is {build}: its summaries, README.txt, "
                        "verify.py and auditevent.ndjson were not made again", MANIFEST)  # fmt: skip
            return
        _Papers(archive, manifest, report).check()


class _Papers:
    """One bundle's papers."""

    def __init__(self, archive: Archive, manifest: Manifest, report: Report) -> None:
        self._archive, self._report = archive, report
        self._about = _about(manifest)
        self._notes = manifest.body.get("notes", {})
        self._redaction = manifest.body.get("redaction")

    def check(self) -> None:
        """Reports each that differs, by its first line that does."""
        try:
            found = self._from_events()
        except Fault as fault:
            self._report.add("papers", fault)
            return
        about = self._about
        if self._redaction != redaction(about.profile):
            what = "what it says of its profile is not what this version of crossfade does"
            self._report.tampered("papers", what, MANIFEST)
        self._same(README, words.readme(about).encode())
        self._same(CERTIFICATE, words.certificate(about).encode())
        self._same(CUSTODY, custody(about, self._notes).encode())
        self._same(VERIFIER, verifier())
        self._page(page(about, story(about, found)).encode())
        drawn = io.BytesIO()
        leaflet(about, story(about, found), drawn)
        self._drawn(LEAFLET, self._content(LEAFLET) == drawn.getvalue())

    def _from_events(self) -> Gathered:
        """What the summaries are made of; auditevent.ndjson is compared line by line on the way. Raises Fault."""
        found, number = Gathered(), 0
        there = self._archive.lines(FHIR)
        for text in self._archive.lines(EVENTS):
            event = json.loads(text)
            found.take(event)
            due = fhir.line(text.decode(), self._about.origin, event).rstrip("\n").encode()
            if not due:
                continue
            number += 1
            if next(there, None) != due:
                raise Fault("not what its event says", FHIR, number, event["seq"])
        if next(there, None) is not None:
            raise Fault("more lines than the events give", FHIR, number + 1)
        self._report.saw("lines of FHIR", number)
        return found

    def _same(self, name: str, due: bytes) -> None:
        there = self._content(name)
        if there == due:
            self._report.saw("papers", 1)
            return
        what = "not what this version of crossfade makes of these events and this manifest"
        self._report.tampered("papers", what, name, _differs(there, due))

    def _page(self, due: bytes) -> None:
        """The words of the page; its pictures depend on what drew them."""
        there = self._content(PAGE)
        words = [_PICTURE.sub(b"", one) for one in (there, due)]
        if words[0] == words[1]:
            self._drawn(PAGE, there == due)
        else:
            self._same(PAGE, due)

    def _drawn(self, name: str, same: bool) -> None:
        if same:
            self._report.saw("papers", 1)
            return
        what = (
            "drawn otherwise than here: by other versions of its libraries, or not by crossfade; the tables and "
            "the events are what counts"
        )
        self._report.add("papers", Fault(what, name, kind=WARNING))

    def _content(self, name: str) -> bytes:
        return self._archive.content(name, _MOST)


def _about(manifest: Manifest) -> About:
    body = manifest.body
    said = {one.name: body.get(one.name, "") for one in fields(About) if one.name != "notes"}
    return About(**said, notes=tuple(_values(body.get("notes"))))


def _values(notes: object) -> Iterator[str]:
    if isinstance(notes, dict):
        yield from (str(notes[name]) for name in sorted(notes))


def _differs(there: bytes, due: bytes) -> int:
    """The number of the first line that differs, from 1."""
    lines = zip(there.split(b"\n"), due.split(b"\n"), strict=False)
    same = next((at for at, (one, other) in enumerate(lines) if one != other), None)
    return 1 + (min(there.count(b"\n"), due.count(b"\n")) if same is None else same)
