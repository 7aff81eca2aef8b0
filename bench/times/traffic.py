"""Clients that never stop asking, at a fixed pace, and what each of them saw."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import aiohttp

from bench.times.upstreams import SERVED, SPOILT


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as its client saw it; UTC microseconds. `side` is "" where nobody answered."""

    tenant: str
    side: str
    sent_us: int
    ended_us: int


@dataclass
class Traffic:
    """Asks for every tenant of `paces`, so many times a second, each request a session of its own.

    What it is told to do it does from the next request on. Its methods may be called from any thread.
    """

    url: str
    paces: dict[str, float] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _stop: threading.Event = field(default_factory=threading.Event)

    def of(self, tenant: str) -> list[Seen]:
        """What a tenant's clients saw so far, in the order of its ends."""
        return [one for one in tuple(self.seen) if one.tenant == tenant]

    @property
    def unanswered(self) -> int:
        """Requests that ended without an answer."""
        return sum(not one.side for one in tuple(self.seen))

    @contextmanager
    def running(self) -> Iterator[Traffic]:
        """While entered, clients ask."""
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    async def _run(self) -> None:
        due: dict[tuple[str, float], float] = {}  # a new pace begins at once
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
            asyncio.TaskGroup() as tasks,
        ):
            while not self._stop.is_set():
                now = time.monotonic()
                for tenant, pace in tuple(self.paces.items()):
                    at = due.get((tenant, pace), 0.0)
                    if now >= at:
                        due[tenant, pace] = max(at, now - 0.2) + 1 / pace
                        tasks.create_task(self._ask(session, tenant))
                await asyncio.sleep(0.002)

    async def _ask(self, session: aiohttp.ClientSession, tenant: str) -> None:
        number = next(self._numbers)
        asked = f"Question {number}: how much amoxicillin, and how often?"
        if tenant in self.spoilt:
            asked = f"{asked} {SPOILT}"
        body = {"model": "big", "messages": [{"role": "user", "content": asked}]}
        headers = {"x-crossfade-tenant": tenant, "x-session-id": f"s{number}"}
        sent_us, side = time.time_ns() // 1000, ""
        try:
            async with session.post(self.url, json=body, headers=headers) as answer:
                side = _side(await answer.text()) if answer.status == 200 else ""
        except aiohttp.ClientError:
            side = ""
        self.seen.append(Seen(tenant, side, sent_us, time.time_ns() // 1000))


def _side(answer: str) -> str:
    for side in ("primary", "candidate"):
        if SERVED.format(side=side) in answer:
            return side
    return ""
