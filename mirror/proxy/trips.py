"""Tells the journal when circuit breakers open and close: beside the requests, and never on their way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mirror.beside import beside
from mirror.journal.breakers import Tripped
from mirror.proxy.breaker import Breakers

LOOK_S = 0.25
CALM_S = 60.0
"""One that opens again within this time of closing was told once, and is told closed only after it."""

type Key = tuple[str, str, str]
"""Tenant, route and upstream."""


@dataclass(slots=True)
class Trips:
    """What was told of this process's breakers. Times are seconds of a monotonic clock."""

    _seen: dict[Key, float] = field(default_factory=dict)  # when those told as open last were

    def news(self, opened: Collection[Key], now: float) -> list[tuple[Key, bool]]:
        """What is to be told: each with whether it opened, else it closed a while ago."""
        for key in opened:
            if key in self._seen:
                self._seen[key] = now
        found = [(key, True) for key in opened if key not in self._seen]
        calm = [key for key, seen in self._seen.items() if now - seen >= CALM_S]
        return found + [(key, False) for key in calm]

    def told(self, key: Key, opened: bool, now: float) -> None:
        """It is on record."""
        if opened:
            self._seen[key] = now
        else:
            del self._seen[key]


@asynccontextmanager
async def telling(breakers: Breakers, tell: Callable[[Tripped], bool]) -> AsyncIterator[None]:
    """Looks at the breakers while entered. `tell` says whether it was kept; what was not is told again."""
    async with beside(_tell(breakers, tell)):
        yield


async def _tell(breakers: Breakers, tell: Callable[[Tripped], bool]) -> None:
    trips = Trips()
    while True:
        now = time.monotonic()
        for key, opened in trips.news(breakers.opened(), now):
            if tell(Tripped(*key, opened=opened, at_us=time.time_ns() // 1000)):
                trips.told(key, opened, now)
        await asyncio.sleep(LOOK_S)
