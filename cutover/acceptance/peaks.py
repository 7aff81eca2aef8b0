"""What the candidates' servers tell of themselves under the load: the worst of each number."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx

from cutover.servers.facts import Fact, Facts
from cutover.servers.scrape import client
from cutover.servers.signals import advise
from cutover.servers.watch import Watch
from mirror.beside import beside

EVERY_S = 1.0
"""Between two looks, beside the load."""


def worse(one: Facts, other: Facts) -> Facts:
    """The worst of both: the longest queue, the fullest memory, the slowest; every GPU that was hot."""
    slowest = max(
        [each.p95 for each in (one, other) if each.p95 is not None],
        key=lambda found: found[0].low_s,
        default=None,
    )
    return replace(
        other,
        queue=_more(one.queue, other.queue),
        running=_more(one.running, other.running),
        cache=_more(one.cache, other.cache),
        memory=_more(one.memory, other.memory),
        p95=slowest,
        gpus={**one.gpus, **other.gpus},
        hot={**one.hot, **other.hot},
    )


def _more(one: Fact | None, other: Fact | None) -> Fact | None:
    found = [fact for fact in (one, other) if fact is not None]
    return max(found, key=lambda fact: fact.value, default=None)


@dataclass(slots=True)
class Peaks:
    """The worst that was seen of each upstream's servers while `looking`."""

    watch: Watch
    seen: dict[str, Facts] = field(default_factory=dict)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Looks again and again while entered, and once more in the end."""
        if not self.watch.upstreams:
            yield
            return
        async with client(self.watch.policy) as asking:
            async with beside(self._again_and_again(asking)):
                yield
            await self.look(asking)

    async def _again_and_again(self, asking: httpx.AsyncClient) -> None:
        while True:
            await self.look(asking)
            await asyncio.sleep(EVERY_S)

    async def look(self, asking: httpx.AsyncClient) -> None:
        """Reads every page once."""
        for name in self.watch.upstreams:
            await self.watch.read(asking, name)
            self.seen[name] = worse(self.seen.get(name, Facts()), self.watch.facts(name))

    def told(self) -> list[dict[str, object]]:
        """Which way to scale each upstream, as JSON types."""
        upstreams = self.watch.policy.upstreams
        found: list[dict[str, object]] = []
        for name, facts in self.seen.items():
            advice = advise(facts, upstreams[name].signals)
            found.append(
                {
                    "upstream": name,
                    "way": advice.way.value,
                    "advice": advice.sentence,
                    "queue": facts.queue.value if facts.queue else None,
                    "cache": facts.cache.value if facts.cache else None,
                    "gpu_memory": facts.memory.value if facts.memory else None,
                    "p95_s": _bounds(facts),
                    "not_read": list(facts.unread),
                }
            )
        return found


def _bounds(facts: Facts) -> list[float | None] | None:
    if facts.p95 is None:
        return None
    found = facts.p95[0]
    return [found.low_s, found.high_s if math.isfinite(found.high_s) else None]
