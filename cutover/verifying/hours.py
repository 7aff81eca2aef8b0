"""The hourly digests of a bundle: a signed chain in which also an hour without events has its link.

So that nothing happened is shown, and not only not contradicted. Standard library only.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, NamedTuple

from cutover.verifying.contents import Manifest
from cutover.verifying.findings import GAP, Fault, Report
from cutover.verifying.keyring import Keyring
from cutover.verifying.strict_json import NotJson, read_canonical
from cutover.verifying.tarball import Archive
from mirror.journal.signed.merkle import Range
from mirror.journal.signed.note import Note, NoteInvalid, digest_text, read_digest

HOUR_US = 3600 * 1_000_000
_JUMP_US = 60 * 1000_000
_DIGEST_MOST = 4 * 1024 * 1024
_WHOLE_FIELDS = ("period_start_us", "period_end_us", "first_seq", "last_seq", "size")


class Hour(NamedTuple):
    """One digest as it stands in the bundle."""

    file: str
    body: dict[str, Any]
    sha256: str
    note: Note


def read_hours(
    archive: Archive, manifest: Manifest, keys: Keyring, report: Report
) -> list[Hour]:
    """All digests that are sound in themselves, by their hour; what is wrong with others is reported."""
    found = []
    names = sorted(name for name in archive.members if name.startswith("digests/"))
    for name in [name for name in names if name.endswith(".json")]:
        try:
            found.append(_hour(archive, manifest, keys, name))
        except Fault as fault:
            report.add("digests", fault)
    for name in [name for name in names if name.endswith(".sig")]:
        if name[:-4] + ".json" not in archive.members:
            report.tampered("digests", "a signature without its digest", name)
    report.saw("digests", len(found))
    return found


def check_hours(hours: list[Hour], manifest: Manifest, report: Report) -> None:
    """That each digest follows the one before it, by hour, by hash and by signature, and none is missing.

    Where the signer's clock was set is a note.
    """
    _clocks(hours, report)
    for number, hour in enumerate(hours[1:]):
        try:
            _follows(hours[number], hour)
        except Fault as fault:
            report.add("digests", fault)


def _clocks(hours: list[Hour], report: Report) -> None:
    """One note each time that a digest tells of another jump of the signer's clock than the one before it."""
    known_us = 0
    for hour in hours:
        clock = hour.body.get("clock")
        jumped_us = clock.get("jumped_us", 0) if isinstance(clock, dict) else 0
        if type(jumped_us) is not int:
            continue
        if abs(jumped_us - known_us) > _JUMP_US and jumped_us:
            what = f"the signer's clock had moved by {round(jumped_us / 1e6):,} seconds against the time that passed"
            report.warn("clock", what, hour.file)
        known_us = jumped_us


def _follows(before: Hour, hour: Hour) -> None:
    said = hour.body
    if said["period_start_us"] != before.body["period_end_us"]:
        raise Fault("the digest of the hour before it is missing", hour.file, kind=GAP)
    if said["previous_sha256"] != before.sha256:
        raise Fault("it does not follow the digest before it", hour.file)
    if said["previous_signature"] not in _signatures(before.note):
        raise Fault("it names another signature than that of the digest before it", hour.file)
    if said["first_seq"] and said["first_seq"] != before.body["size"] + 1:
        raise Fault("its events do not follow those of the digest before it", hour.file)
    stands = [said["size"], said["root"]] == [before.body["size"], before.body["root"]]
    if not said["first_seq"] and not stands:
        raise Fault("it has no event, and the log grew in it", hour.file)


class Hours:
    """Holds the digests against the events they speak of, as these pass."""

    def __init__(self, hours: list[Hour], first_seq: int, last_seq: int) -> None:
        self._all = hours
        self._begins_us = -1
        self._due = [
            hour
            for hour in hours
            if hour.body["first_seq"] >= first_seq and 0 < hour.body["last_seq"] <= last_seq
        ][::-1]
        self._counts: Counter[str] = Counter()
        self._times: list[int] = []

    def take(self, event: dict[str, Any], log: Range) -> None:
        """The next event, and the log up to it. Raises Fault."""
        if self._begins_us < 0:
            self._begins_us = event["at_us"]
        if not self._due or event["seq"] < self._due[-1].body["first_seq"]:
            return
        self._counts[event["type"]] += 1
        times = [*self._times, event["at_us"]]
        self._times = [min(times), max(times)]
        hour = self._due[-1]
        if event["seq"] < hour.body["last_seq"]:
            return
        self._due.pop()
        counts, times = dict(self._counts), self._times
        self._counts, self._times = Counter(), []
        said = (hour.body["counts"], hour.body["oldest_us"], hour.body["newest_us"])
        if said != (counts, times[0], times[-1]):
            raise Fault("it does not count the events of its hour as they are", hour.file)
        if hour.body["root"] != log.root().hex():
            raise Fault("its root is not that of the log at its end", hour.file)

    def end(self, manifest: Manifest) -> None:
        """That there is a digest of each hour that was over, from the first that has one. Raises Fault, of the kind gap."""
        said = manifest.body
        due = min(said["to_us"], said["as_of_us"] - HOUR_US) - HOUR_US
        begins = max(self._begins_us, said["first_digest_us"])
        if self._begins_us < 0 or not said["first_digest_us"] or due <= begins:
            return
        if not self._all:
            raise Fault("no hourly digest is in the bundle", "digests/", kind=GAP)
        if self._all[0].body["period_start_us"] > begins:
            file = self._all[0].file
            raise Fault("the digests of the hours before this one are missing", file, kind=GAP)
        if self._all[-1].body["period_end_us"] < due:
            last = self._all[-1].file
            raise Fault("the digests of the hours behind this one are missing", last, kind=GAP)


def _hour(archive: Archive, manifest: Manifest, keys: Keyring, name: str) -> Hour:
    text = archive.content(name, _DIGEST_MOST)
    signature = name[:-5] + ".sig"
    try:
        body = read_canonical(text)
    except NotJson as error:
        raise Fault(str(error), name) from None
    wrong = _malformed(body, manifest)
    if wrong is not None:
        raise Fault(wrong, name)
    sha256 = hashlib.sha256(text).hexdigest()
    note = keys.open(archive.content(signature, 64 * 1024), signature, manifest.name)
    try:
        told = read_digest(note.text)
    except NoteInvalid as error:
        raise Fault(f"it signs something else: {error}", signature) from None
    if told != (manifest.origin, body["period_start_us"], sha256) or note.text != digest_text(
        *told
    ):
        raise Fault("its signature is of another digest", name)
    keys.in_time(note, manifest.name, body["period_end_us"], signature)
    return Hour(name, body, sha256, note)


def _malformed(body: Any, manifest: Manifest) -> str | None:
    if not isinstance(body, dict) or body.get("origin") != manifest.origin:
        return "not a digest of this log"
    if not all(type(body.get(name)) is int and body[name] >= 0 for name in _WHOLE_FIELDS):
        return "not a digest that this verifier knows"
    names = (
        "counts",
        "oldest_us",
        "newest_us",
        "root",
        "previous_sha256",
        "previous_signature",
    )
    if any(name not in body for name in names):
        return "not a digest that this verifier knows"
    if body["last_seq"] and body["last_seq"] != body["size"]:
        return "not a digest that this verifier knows"
    return None


def _signatures(note: Note) -> list[str]:
    """The signatures of a note as a digest after it names them."""
    return [one.line().strip() for one in note.signatures]
