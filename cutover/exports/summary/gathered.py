"""What a summary counts, event by event, in memory that does not grow with the number of events.

Times are counted in classes that are 9 % wide, so that a median is right within that. Lists end at a stated length; what
is left out is counted, and stands in the tables of the export.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cutover.exports.about import About, moment
from cutover.verifying.rows import ACCESS, APPROVALS, COMPARISONS, EGRESS, TRANSITIONS
from cutover.verifying.sayings import Event, number_at, text_at
from cutover.verifying.table import Row

MOST = 400
"""Moves, signatures and gaps that are shown."""
NAMES = 200
"""Different names (rollouts, people, flags, upstreams) that are counted apart; further ones are counted together."""
FURTHER = "all others"
DAY_US = 86_400_000_000
_OF_COMPARISON = (
    "tenant", "route", "attribution", "fails", "equivalence_e4", "noise_floor_e4", "flags", "primary_us",
    "primary_first_token_us", "candidate_us", "candidate_first_token_us",
)  # fmt: skip
_OF_EGRESS = ("purpose", "upstream", "sent_bytes")
_FINE = 8  # classes of a time between a number and its double


@dataclass(slots=True)
class Times:
    """How long answers took, as counts of classes."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, us: int | None) -> None:
        """One more, in microseconds; None is none."""
        if us is not None and us > 0:
            self.counts[int(math.log2(us) * _FINE)] += 1

    def quantile_ms(self, share: float) -> float | None:
        """The time that this share of them was below, in milliseconds; None where there is none."""
        wanted = share * self.counts.total()
        seen = 0
        for place in sorted(self.counts):
            seen += self.counts[place]
            if seen >= wanted:
                return math.exp2((place + 0.5) / _FINE) / 1000
        return None


@dataclass(slots=True)
class Compared:
    """What was compared of one rollout. `scores` and `floors` count agreement in 20 steps of 0.05."""

    attributions: Counter[str] = field(default_factory=Counter)
    scores: Counter[int] = field(default_factory=Counter)
    floors: Counter[int] = field(default_factory=Counter)
    failed: int = 0
    many: int = 0


@dataclass(slots=True)
class Gathered:
    """The sums of a range of events."""

    types: Counter[str] = field(default_factory=Counter)
    moves: list[Row] = field(default_factory=list)
    signatures: list[Row] = field(default_factory=list)
    gaps: list[Row] = field(default_factory=list)
    compared: dict[str, Compared] = field(default_factory=dict)
    flags: Counter[str] = field(default_factory=Counter)
    times: dict[str, Times] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)
    left_bytes: Counter[int] = field(default_factory=Counter)
    upstreams: Counter[str] = field(default_factory=Counter)
    seen_by: Counter[str] = field(default_factory=Counter)
    oldest_us: int = 2**53
    newest_us: int = 0

    def take(self, event: Event) -> None:
        """The next event of the range."""
        type, at_us = text_at(event, "type"), number_at(event, "at_us") or 0
        self.oldest_us, self.newest_us = min(self.oldest_us, at_us), max(self.newest_us, at_us)
        named(self.types, type)
        if type == "comparison.scored":
            self._compared(COMPARISONS.cells(event, _OF_COMPARISON))
        elif type == "egress.done":
            self._left(EGRESS.cells(event, _OF_EGRESS), at_us)
        elif type == "state.transition":
            self.moves += _short(TRANSITIONS.row(event), event, self.moves)
        elif APPROVALS.shows(type):
            self.signatures += _short(APPROVALS.row(event), event, self.signatures)
        elif type == "payload.viewed":
            row = ACCESS.row(event) or {}
            named(self.seen_by, str(row["actor"]), _whole(row["exchanges"]))
        elif type in ("audit.gap", "clock.jumped", "process.crash_recovered"):
            self.gaps += _short(_gap(event), event, self.gaps)

    def strays(self, about: About) -> list[str]:
        """A sentence where some events tell times outside of the range that was asked for."""
        if not self.types or about.from_us <= self.oldest_us <= self.newest_us < about.to_us:
            return []
        return [
            "The events stand as they were recorded, and some tell times outside of the range, from "
            f"{moment(self.oldest_us)} until {moment(self.newest_us)}: a clock was wrong, or a record came late. "
            "Of those no payload is handed out."
        ]

    def time(self, name: str) -> Times:
        """The times of this name."""
        return self.times.setdefault(name, Times())

    def _compared(self, row: Row) -> None:
        rollout = f"{row['tenant']}/{row['route']}"
        known = rollout in self.compared or len(self.compared) < NAMES
        one = self.compared.setdefault(rollout if known else FURTHER, Compared())
        one.many += 1
        named(one.attributions, str(row["attribution"]) or "not scored")
        one.failed += bool(row["fails"])
        for counts, name in ((one.scores, "equivalence_e4"), (one.floors, "noise_floor_e4")):
            score = row[name]
            if isinstance(score, int):
                counts[min(19, score // 500)] += 1
        for flag in str(row["flags"]).split():
            named(self.flags, flag)
        for side in ("primary", "candidate"):
            for name in (f"{side}_us", f"{side}_first_token_us"):
                us = row[name]
                self.time(name).add(us if isinstance(us, int) else None)

    def _left(self, row: Row, at_us: int) -> None:
        sent = _whole(row["sent_bytes"])
        named(self.left, str(row["purpose"]))
        named(self.upstreams, str(row["upstream"]))
        self.left_bytes[at_us // DAY_US] += sent


def gathered(events: Iterable[Event]) -> Gathered:
    """The sums of these events, in one pass."""
    found = Gathered()
    for event in events:
        found.take(event)
    return found


def named(counts: Counter[str], name: str, many: int = 1) -> None:
    """Counts a name; beyond so many different ones, all further ones together."""
    counts[name if name in counts or len(counts) < NAMES else FURTHER] += many


def _gap(event: Event) -> Row:
    return {"type": text_at(event, "type"), "reason": text_at(event, "reason")}


def _short(row: Row | None, event: Event, kept: list[Row]) -> list[Row]:
    """The row with its moment as a number, while the list has place."""
    if row is None or len(kept) >= MOST:
        return []
    return [row | {"at_us": number_at(event, "at_us")}]


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
