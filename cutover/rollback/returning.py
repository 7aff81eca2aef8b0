"""Whose turn it is when many rollouts go back to one primary: the worst first, as fast as it takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cutover.history import Key

MINUTE_US = 60_000_000
LONGEST_US = 3 * MINUTE_US
"""Nothing waits longer for its turn, whatever its primary takes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A rollout that is to go back. `brings` is how many requests a minute its primary gets more by it.

    `excess` says how bad it is, in powers of ten beyond its level; `clear` that this is beyond doubt, and
    `answers` that what clients are told is bad. `since_us` is since when it waits, None where it does not.
    """

    key: Key
    excess: float
    brings: float
    since_us: int | None = None
    clear: bool = False
    answers: bool = False

    @property
    def place(self) -> tuple[bool, bool, float, Key]:
        """Its place in the order in which they go: bad answers, what is clear, then the worst."""
        return not self.answers, not self.clear, -self.excess, self.key


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back to a primary: how many requests a minute, and when."""

    brings: float
    at_us: int

    def unseen(self, now_us: int) -> float:
        """What of it is not among the requests of the last minute yet."""
        return self.brings * max(0.0, 1 - (now_us - self.at_us) / MINUTE_US)


def admitted(
    wishes: Iterable[Wish],
    per_min: int,
    present: float,
    before: Iterable[Returned],
    now_us: int,
) -> frozenset[Key]:
    """Who goes back now. `present` are the primary's requests of the last minute, `before` what went lately.

    What alone is more than a primary takes goes when nothing else did for a minute. Nothing that is less
    bad takes the room that a clear one waits for. The order in which wishes are told never matters.
    """
    unseen = sum([one.unseen(now_us) for one in before])
    left, idle = per_min - present - unseen, unseen == 0
    gone = set()
    for one in sorted(wishes, key=lambda one: one.place):
        overdue = one.since_us is not None and now_us - one.since_us >= LONGEST_US
        if one.brings <= max(left, 0) or idle or overdue:
            gone.add(one.key)
            left -= one.brings
            idle = idle and not one.brings
        elif one.clear:
            left = 0
    return frozenset(gone)
