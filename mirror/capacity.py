"""Who may be in flight at an upstream: clients first, then batch, copies with what is left.

Pure: what is under way is an argument, and so is the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from policies.capacity import Batch, Capacity

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0


class Rank(IntEnum):
    """Whose turn comes first: a lower one's."""

    INTERACTIVE = 0  # somebody waits for the answer
    BATCH = 1  # a program does, and can wait
    COPY = 2  # nobody does: shadows and re-asks

    @property
    def word(self) -> str:
        """As metrics and people name it."""
        return self.name.lower()


SERVED = (Rank.INTERACTIVE, Rank.BATCH)


def rank_of(batch: Batch, tenant: str, route: str, headers: Mapping[str, str]) -> Rank:
    """The rank of a client's request; header names are lower case."""
    said = headers.get(batch.header, "").strip().lower() == batch.value.lower()
    waits = said or tenant in batch.tenants or route in batch.routes
    return Rank.BATCH if waits else Rank.INTERACTIVE


class Load(NamedTuple):
    """What is under way at an upstream, by rank, and what waits for it, clients' ranks alone.

    `turned_away` counts clients' requests that found no place, or were answered 429, so far.
    """

    in_flight: tuple[int, int, int] = (0, 0, 0)
    waiting: tuple[int, int] = (0, 0)
    turned_away: int = 0

    def __add__(self, other: Load) -> Load:  # type: ignore[override]
        """Both together."""
        (one, two, three), (four, five), six = self
        (a, b, c), (d, e), f = other
        return Load((one + a, two + b, three + c), (four + d, five + e), six + f)

    def entering(self, rank: Rank, by: int = 1) -> Load:
        """The load with so many more in flight."""
        found = list(self.in_flight)
        found[rank] += by
        return Load((found[0], found[1], found[2]), self.waiting, self.turned_away)

    def queueing(self, rank: Rank, by: int = 1) -> Load:
        """The load with so many more waiting."""
        found = list(self.waiting)
        found[rank] += by
        return Load(self.in_flight, (found[0], found[1]), self.turned_away)

    def turning_away(self) -> Load:
        """The load after one more found no place."""
        return Load(self.in_flight, self.waiting, (self.turned_away + 1) % (1 << 32))


def admits(cap: Capacity, load: Load, rank: Rank, *, waited: bool = False) -> bool:
    """Whether one more may be in flight. `load` counts it as such, and not as waiting.

    Nobody goes before those of a higher rank who wait, wherever they do, and who comes now goes
    behind those of the same rank too. One who has `waited` is the first of its own line.
    """
    if any(load.waiting[: rank if waited else rank + 1]):
        return False
    if rank is Rank.COPY and load.in_flight[Rank.COPY] > cap.most_copies:
        return False
    if rank is Rank.BATCH and cap.batch is not None and load.in_flight[Rank.BATCH] > cap.batch:
        return False
    return cap.in_flight is None or sum(load.in_flight) <= cap.in_flight


def room(cap: Capacity, load: Load) -> int:
    """How many more copies may go."""
    if any(load.waiting):
        return 0
    left = cap.most_copies - load.in_flight[Rank.COPY]
    if cap.in_flight is not None:
        left = min(left, cap.in_flight - sum(load.in_flight))
    return max(0, left)


@dataclass(slots=True)
class Pause:
    """Copies stay away from an upstream for a while: longer each time, from the start after a rest.

    Times are seconds of a monotonic clock.
    """

    until_s: float = 0.0
    length_s: float = field(default=0.0)

    def begin(self, now_s: float) -> None:
        """Clients found no place there, or it said that it has too much to do."""
        if now_s < self.until_s:
            return
        again = now_s < self.until_s + 2 * self.length_s
        self.length_s = min(LONGEST_PAUSE_S, 2 * self.length_s) if again else FIRST_PAUSE_S
        self.until_s = now_s + self.length_s

    def on(self, now_s: float) -> bool:
        """Whether copies stay away now."""
        return now_s < self.until_s
