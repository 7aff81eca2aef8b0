"""Whether a log is what was signed of it: checkpoints, subtrees and digests held against its events, one by one.

For `crossfade fsck`, beside `mirror.journal.chain`. Nothing of the store is believed: roots are computed again from
the bodies, and notes are checked with the signer's keys, each of which was good up to its end alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from mirror.journal.chain import Broken
from mirror.journal.events import Event
from mirror.journal.signed import digests, heads
from mirror.journal.signed.digests import HOUR_US, Digest
from mirror.journal.signed.ends import Ends
from mirror.journal.signed.growing import Complete, Growing
from mirror.journal.signed.heads import Head
from mirror.journal.signed.note import Checkpoint, NoteInvalid, origin_of, parse

_PAGE = 1000


@dataclass(slots=True)
class Marks:
    """What was signed along one log. Give it every event in order, which `chain.Link` found whole, then ask `end`."""

    conn: Connection
    tenant: str
    signed: int = 0  # up to where its checkpoints are good
    checkpoints: int = 0  # that were looked at, and so the digests
    digests: int = 0
    _ends: Ends = field(default_factory=Ends)
    _origin: str = ""
    _growing: Growing = field(default_factory=Growing)
    _heads: Iterator[Head] = field(init=False)
    _digests: Iterator[Digest] = field(init=False)
    _head: Head | None = field(init=False)
    _digest: Digest | None = field(init=False)
    _before: Digest | None = None  # the digest before the next one
    _counts: Counter[str] = field(default_factory=Counter)
    _times: list[int] = field(default_factory=list)  # the oldest and newest since that one
    _gaps: list[int] = field(default_factory=list)
    _first: int = 1

    def __post_init__(self) -> None:
        self._ends = Ends.read(self.conn)
        self._origin = origin_of(heads.deployment(self.conn), self.tenant)
        self._heads = _paged(
            lambda last: heads.checkpoints(self.conn, self.tenant, last, limit=_PAGE), 0, _size
        )
        self._digests = _paged(
            lambda last: digests.kept(self.conn, self.tenant, last, limit=_PAGE), 0, _next
        )
        self._head, self._digest = next(self._heads, None), next(self._digests, None)

    def add(self, row: Event) -> Broken | None:
        """What is wrong with what was signed up to this event."""
        self._growing.add([bytes.fromhex(row.leaf)])
        self._counts[row.type] += 1
        times = [*self._times, row.at_us]
        self._times = [min(times), max(times)]
        if row.type == "audit.gap":
            self._gaps.append(row.seq)
        complete, self._growing.complete = self._growing.complete, []
        return self._subtrees(complete) or self._passed(row.seq, row.at_us)

    def end(self) -> Broken | None:
        """What is wrong behind the last event."""
        there = self._growing.size
        if self._head is not None:
            missing = (
                f"missing: {self._head.size:,} events were signed, and there are {there:,}"
            )
            return Broken(self.tenant, there + 1, missing, gap=True)
        if self._digest is not None:
            missing = f"missing: {self._hour(self._digest)} has more events than there are"
            return Broken(self.tenant, there + 1, missing, gap=True)
        return None

    def _passed(self, seq: int, at_us: int) -> Broken | None:
        """Checks all that ends with this event."""
        why = None
        while self._head is not None and self._head.size == seq and why is None:
            why = self._of_head(self._head, at_us)
            self.signed, self._head = seq, next(self._heads, None)
            self.checkpoints += 1
        while self._digest is not None and why is None:
            said = _said(self._digest)
            if said.get("size") != seq:
                stale = not isinstance(said.get("size"), int) or said["size"] < seq
                why = (
                    f"{self._hour(self._digest)} does not go on from the one before"
                    if stale
                    else None
                )
                break
            why = self._of_digest(self._digest, said)
            self._before, self._digest = self._digest, next(self._digests, None)
            self.digests += 1
        return Broken(self.tenant, seq, why) if why else None

    def _subtrees(self, complete: Sequence[Complete]) -> Broken | None:
        """Whether what proofs are read from is what the events give."""
        for one in complete:
            kept = heads.kept_subtree(self.conn, self.tenant, one.level, one.index)
            last = (one.index + 1) << one.level
            if kept not in (None, one.hash.hex()):
                return Broken(
                    self.tenant, last, "the subtree that ends with it has another hash"
                )
        return None

    def _of_head(self, head: Head, at_us: int) -> str | None:
        root = self._growing.range().root()
        what = f"the checkpoint of {head.size:,} events"
        if head.root != root.hex():
            return f"{what} has another root than they have"
        return self._note(
            head.note, Checkpoint(self._origin, head.size, root).text(), what, at_us
        )

    def _of_digest(self, one: Digest, said: dict[str, Any]) -> str | None:
        what, before = self._hour(one), self._before
        expected = self._expected(one, before)
        if {key: said.get(key) for key in expected} != expected:
            wrong = next(key for key in expected if said.get(key) != expected[key])
            return f"{what} says another `{wrong}` than the log and the digest before"
        self._counts, self._times, self._gaps = Counter(), [], []
        self._first = self._growing.size + 1
        return self._note(one.note, digests.text_of(one.body), what, one.period_us + HOUR_US)

    def _expected(self, one: Digest, before: Digest | None) -> dict[str, Any]:
        last = self._growing.size
        empty = last < self._first
        start_us = before.period_us + HOUR_US if before is not None else one.period_us
        return {
            "origin": self._origin,
            "period_start_us": start_us,
            "period_end_us": one.period_us + HOUR_US,
            "first_seq": 0 if empty else self._first,
            "last_seq": 0 if empty else last,
            "counts": dict(self._counts),
            "oldest_us": self._times[0] if self._times else 0,
            "newest_us": self._times[1] if self._times else 0,
            "gaps": self._gaps,
            "root": self._growing.range().root().hex(),
            "previous_sha256": before.sha256 if before is not None else "",
            "previous_signature": digests.signature_of(before.note)
            if before is not None
            else "",
        }

    def _note(self, text: str, says: str, what: str, at_us: int) -> str | None:
        """What is wrong with a note over the log as it is now. It cannot be older than `at_us`."""
        try:
            note = parse(text)
        except NoteInvalid as error:
            return f"{what} is no signed note: {error}"
        if note.text != says:
            return f"{what} has a note that says something else"
        signers = self._ends.signers(note)
        if not signers:  # or of a key that was drawn since
            self._ends = Ends.read(self.conn)
            signers = self._ends.signers(note)
        if not signers:
            return f"{what} has no good signature of a key of this deployment"
        why = self._ends.fault(signers, self.tenant, self._growing.size, at_us)
        return f"{what} was signed too late: {why}" if why else None

    @staticmethod
    def _hour(one: Digest) -> str:
        return f"the digest of {datetime.fromtimestamp(one.period_us // 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"


def _said(one: Digest) -> dict[str, Any]:
    """What a digest says; nothing where it is no JSON object."""
    try:
        said = json.loads(one.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _size(head: Head) -> int:
    return head.size


def _next(one: Digest) -> int:
    return one.period_us + 1


def _paged[Row](
    read: Callable[[int], Sequence[Row]], last: int, key: Callable[[Row], int]
) -> Iterator[Row]:
    """All rows, a page at a time."""
    while page := read(last):
        yield from page
        last = key(page[-1])
