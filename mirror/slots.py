"""Places at upstreams, taken and given back by one process, under caps that all processes share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from mirror.beside import beside
from mirror.board import Alone, Board
from mirror.capacity import Load, Rank, admits, room
from policies.capacity import Capacity
from policies.policy import Policy

KEEP_S = 1.0
_UNCAPPED = Capacity()


@dataclass(slots=True)
class Slots:
    """What this process has in flight, whichever policy it came under. `take` needs a `give`.

    `factors` tells the share of its capacity that an upstream takes now, where that is not all.
    """

    caps: Mapping[str, Capacity]
    board: Board = field(default_factory=Alone)
    own: dict[str, Load] = field(default_factory=dict)
    factors: Callable[[], Mapping[str, float]] = dict

    @classmethod
    def of(
        cls,
        policy: Policy,
        board: Board | None = None,
        factors: Callable[[], Mapping[str, float]] = dict,
    ) -> Self:
        """The places at a policy's upstreams."""
        return cls(_caps(policy), board or Alone(), factors=factors)

    def obey(self, policy: Policy) -> None:
        """Takes another policy's caps; what is in flight still counts."""
        self.caps = _caps(policy)

    def cap(self, upstream: str) -> Capacity:
        """How much an upstream takes now."""
        cap = self.caps.get(upstream, _UNCAPPED)
        return cap.accepting(self.factors().get(upstream, 1.0))

    def load(self, upstream: str) -> Load:
        """What all processes have in flight there."""
        return self.own.get(upstream, Load()) + self.board.others(upstream)

    def free(self, upstream: str, rank: Rank, *, waited: bool = False) -> bool:
        """Whether a place is free at this moment. What dead processes held is."""
        cap = self.cap(upstream)
        if admits(cap, self.load(upstream).entering(rank), rank, waited=waited):
            return True
        self.board.bury(upstream)
        return admits(cap, self.load(upstream).entering(rank), rank, waited=waited)

    def take(self, upstream: str, rank: Rank, *, waited: bool = False) -> bool:
        """Takes a place if there is one. Of two processes that come for the last one, none may get it."""
        if waited and not self.free(upstream, rank, waited=True):  # a look that disturbs nobody
            return False
        if self._announced(upstream, rank, waited=waited):
            return True
        if waited or not self.free(upstream, rank):  # what dead processes held counts no more
            return False
        return self._announced(upstream, rank, waited=False)

    def give(self, upstream: str, rank: Rank) -> None:
        """Gives a place back."""
        self._tell(upstream, self._own(upstream).entering(rank, -1))

    def queue(self, upstream: str, rank: Rank, by: int) -> None:
        """Tells that so many more, or fewer, wait here."""
        self._tell(upstream, self._own(upstream).queueing(rank, by))

    def turn_away(self, upstream: str) -> None:
        """Tells that a client's request found no place, so that copies make room."""
        self._tell(upstream, self._own(upstream).turning_away())

    def room(self, upstream: str) -> int:
        """How many more copies may go there."""
        found = room(self.cap(upstream), self.load(upstream))
        if not found:
            self.board.bury(upstream)
        return found

    def _announced(self, upstream: str, rank: Rank, *, waited: bool) -> bool:
        """Whether a place is ours: told to the others first, who then see it as we see theirs."""
        self._tell(upstream, self._own(upstream).entering(rank))
        if admits(self.cap(upstream), self.load(upstream), rank, waited=waited):
            return True
        self.give(upstream, rank)
        return False

    def _own(self, upstream: str) -> Load:
        return self.own.get(upstream, Load())

    def _tell(self, upstream: str, load: Load) -> None:
        self.own[upstream] = load
        self.board.tell(upstream, load)


@asynccontextmanager
async def kept(board: Board) -> AsyncIterator[None]:
    """While entered, puts this process's part of the board right every second, also where it is idle."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            board.keep()

    async with beside(keep()):
        yield


def _caps(policy: Policy) -> dict[str, Capacity]:
    return {name: upstream.capacity for name, upstream in policy.upstreams.items()}
