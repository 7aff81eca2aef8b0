"""The checks of a bundle, in their order: what must hold of the archive, its signatures, its events and its tables.

    1 archive    2 signature and keys    3 files    4 lines, links, roots    5 consistency    6 digests
    7 tables     8 approvals             9 moves    10 egress                11 payloads      12 clock

What is wrong ends its own check and not the others, so that all of it is named. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from cutover.verifying.cells import utc
from cutover.verifying.contents import (
    MANIFEST,
    MANIFEST_SIG,
    Manifest,
    check_belongs,
    check_files,
    check_signature,
    read_manifest_of,
)
from cutover.verifying.decisions import Decisions
from cutover.verifying.departures import Clock, Departures
from cutover.verifying.derived import Derived
from cutover.verifying.edges import EDGED_SINCE, check_edges
from cutover.verifying.findings import GAP, Fault, Report
from cutover.verifying.heads import Heads
from cutover.verifying.hours import Hours, check_hours, read_hours
from cutover.verifying.keyring import Keyring, PublicKey
from cutover.verifying.lines import EVENTS, Line, context_lines, end_of, event_lines, start_of
from cutover.verifying.payloads import Payloads
from cutover.verifying.tarball import Archive
from mirror.journal.signed.merkle import Range
from mirror.journal.signed.note import Note

KEYS = "keys.json"
_KEYS_BYTES = 4 * 1024 * 1024
_DETAILS = (KeyError, TypeError, ValueError, AttributeError)

Kept = tuple[str, bytes]
"""A checkpoint that the reader kept: the name of its file, and its bytes."""
Progress = Callable[[int, int], None]
"""Told now and then how many events of how many were read."""


def verify_bundle(
    file: BinaryIO,
    kept: tuple[Kept, ...] = (),
    pinned: bytes | None = None,
    progress: Progress = lambda done, of: None,
) -> Report:
    """What is wrong with a bundle, an open file that can be read anywhere.

    `kept` are checkpoints from before, `pinned` a `keys.json` from before. It never raises for what the
    file holds.
    """
    report = Report()
    archive = Archive(file)
    for fault in archive.faults:
        report.add("archive", fault)
    if not archive.members:
        if not archive.faults:
            report.gap("archive", "no file is in it")
        return report
    try:
        held = None if pinned is None else Keyring.read(pinned, "--keys")
        manifest = read_manifest_of(archive)
        check_files(archive, manifest, report)
        check_belongs(manifest, report)
        keys = Keyring.read(archive.content(KEYS, _KEYS_BYTES), KEYS, held)
    except Fault as fault:
        report.add("manifest", fault)
        return report
    signed = _trusted(archive, manifest, keys, report)
    heads = Heads(manifest, keys, report)
    heads.read(archive)
    for name, text in kept:
        heads.keep(text, name)
    if heads.end is None:
        report.gap("checkpoints", "the bundle has no end checkpoint", "checkpoints/end.note")
    _Walk(archive, manifest, heads, keys, report).run(progress)
    if signed is not None and (revoked := keys.revoked(signed, manifest.name)) is not None:
        _doubted(revoked, manifest, heads, report)
    _facts(manifest, keys, report, pinned is not None)
    return report


def _trusted(
    archive: Archive, manifest: Manifest, keys: Keyring, report: Report
) -> Note | None:
    """The note over the manifest; None where it is worth nothing, which is reported."""
    try:
        return check_signature(archive, manifest, keys)
    except Fault as fault:
        report.add("signature", fault)
        return None


def _doubted(key: PublicKey, manifest: Manifest, heads: Heads, report: Report) -> None:
    """A key that was revoked later than all that the bundle says of its time, which is its own word alone."""
    said = f"key {key.id} was revoked {utc(key.revoked_us)}, and that it signed before is the bundle's own word"
    if heads.kept_end:
        report.warn("keys", f"{said}. The events are those of the checkpoint that you kept; what for it was made, who "
                            "agreed and what was erased is the word of whoever had the key", MANIFEST_SIG)  # fmt: skip
        return
    report.gap("keys", f"{said} (of {utc(manifest.body['as_of_us'])}): whoever has the key can write any time. Ask for the "
                       "same export anew, which a later key signs, or give the checkpoint of its end that you kept from "
                       "before the key was revoked (--old-checkpoint)", MANIFEST_SIG)  # fmt: skip


class _Walk:
    """One pass over the events, in which every check sees each of them once."""

    def __init__(
        self, archive: Archive, manifest: Manifest, heads: Heads, keys: Keyring, report: Report
    ) -> None:
        self._archive, self._manifest, self._report = archive, manifest, report
        self._heads, self._decisions = heads, Decisions()
        self._departures = Departures()
        self._clock = Clock(manifest.body["as_of_us"])
        self._derived = Derived(archive, report, manifest.body["v"])
        span = manifest.body["from_us"], manifest.body["to_us"]
        self._payloads = Payloads(archive, report, span)
        hours = read_hours(archive, manifest, keys, report)
        check_hours(hours, manifest, report)
        self._hours = Hours(hours, manifest.first_seq, manifest.last_seq)

    def run(self, progress: Progress) -> None:
        """Everything that follows from the events; all that is wrong is reported."""
        try:
            for line in context_lines(self._archive, self._manifest):
                self._known(line)
        except Fault as fault:
            self._report.add("context", fault)
        self._edges()
        log = self._events(progress)
        if log is not None:
            try:
                log = end_of(self._archive, self._manifest, log)
            except Fault as fault:
                self._report.add("roots", fault)
            else:
                self._ends(log)
        self._heads.connect(self._archive)

    def _edges(self) -> None:
        if self._manifest.body["v"] < EDGED_SINCE:
            self._report.warn("range", "bundles of this form do not show the events beside their range: that none was left out at its "
                                       "edges, the signer alone saw. Ask for the same export anew", MANIFEST)  # fmt: skip
            return
        try:
            self._report.saw("events beside", check_edges(self._archive, self._manifest))
        except Fault as fault:
            self._report.add("range", fault)

    def _ends(self, log: Range) -> None:
        manifest = self._manifest
        if log.root() != manifest.end_root:
            self._report.tampered(
                "roots", "the events do not lead to the root that was signed", EVENTS,
                event=manifest.last_seq,
            )  # fmt: skip
        self._heads.passed(manifest.end_size, log.root(), 0)

    def _events(self, progress: Progress) -> Range | None:
        """The log up to the last event; None where its links broke."""
        manifest, many = self._manifest, 0
        try:
            log = start_of(self._archive, manifest)
            if log.size < manifest.end_size:
                self._heads.passed(log.size, log.root(), 0)
            for line in event_lines(self._archive, manifest):
                log = log.add(line.leaf)
                self._take(line, log)
                many += 1
                if not many % 1000:
                    progress(many, manifest.last_seq - manifest.first_seq + 1)
        except Fault as fault:
            self._report.add("lines", fault)
            return None
        finally:
            self._report.saw("events", many)
        self._derived.end(manifest)
        self._guarded("payloads", None, self._payloads.end)
        self._guarded("digests", None, lambda: self._hours.end(manifest))
        self._within()
        return log

    def _known(self, line: Line) -> None:
        self._report.saw("events of before", 1)
        self._guarded(_asks(line), line, lambda: self._decisions.take(line.event, True))
        self._guarded("egress", line, lambda: self._departures.take(line.event, True))

    def _take(self, line: Line, log: Range) -> None:
        event, seq = line.event, line.event["seq"]
        if self._heads.waits_for(seq) and seq < self._manifest.end_size:
            self._heads.passed(seq, log.root(), event["at_us"])
        self._guarded("digests", line, lambda: self._hours.take(event, log))
        self._derived.take(event)
        self._guarded(_asks(line), line, lambda: self._decisions.take(event))
        self._guarded("egress", line, lambda: self._departures.take(event))
        self._guarded("payloads", line, lambda: self._payloads.take(event))
        self._guarded("clock", line, lambda: self._clock.take(event))
        self._bounds(line)

    def _bounds(self, line: Line) -> None:
        """That the range is the one asked for: its first event not before, its last not after it."""
        seq, at_us, body = line.event["seq"], line.event["at_us"], self._manifest.body
        if seq == self._manifest.first_seq and at_us < body["from_us"]:
            self._report.tampered(
                "range", "it is of before the range", EVENTS, line.number, seq
            )
        if seq == self._manifest.last_seq and at_us >= body["to_us"]:
            self._report.tampered("range", "it is of after the range", EVENTS, line.number, seq)

    def _within(self) -> None:
        if self._manifest.last_seq < self._manifest.first_seq:
            self._report.gap(
                "range", "no event is in this range: there is nothing to verify but that"
            )

    def _guarded(self, check: str, line: Line | None, do: Callable[[], None]) -> None:
        try:
            do()
        except Fault as fault:
            if line is not None and not fault.file:
                fault.file, fault.line = line.file, line.number
            if line is not None and not fault.event:
                fault.event = line.event["seq"]
            self._report.add(check, fault)
        except _DETAILS:
            assert line is not None, "only what an event says can be of another kind"
            what = f"its details are not those of a {line.event['type']}"
            self._report.tampered(check, what, line.file, line.number, line.event["seq"])


def _asks(line: Line) -> str:
    """By which check a decision is looked at."""
    return "moves" if line.event.get("type") == "state.transition" else "approvals"


def _facts(manifest: Manifest, keys: Keyring, report: Report, pinned: bool) -> None:
    """What a reader wants to know of a bundle beside whether it is whole."""
    body = manifest.body
    names = ("origin", "tenant", "from_us", "to_us", "profile", "first_seq", "last_seq")
    report.facts = {name: body[name] for name in (*names, "end_size", "end_root", "export_id")}
    report.facts["keys"] = keys.told()
    report.facts["keys_pinned"] = pinned
    if not pinned:
        report.warn("keys", "the keys are those that came with the bundle: compare their ids with "
                            "those you were given, or give those with --keys", KEYS)  # fmt: skip


__all__ = ["GAP", "Kept", "verify_bundle"]
