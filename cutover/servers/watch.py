"""Reading every page of a policy at its own pace, and what is known of each at this moment."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from cutover.servers.facts import Facts, Page, facts
from cutover.servers.reading import PageFault, Reading, reading
from cutover.servers.scrape import Unread, client, text_of
from cutover.servers.window import Window
from mirror.beside import beside
from policies.policy import Policy
from policies.servers import MetricsPage

STALE_READS, STALE_S = 3, 15.0
"""What was not read for so many of its turns, and for so long, is used no more."""
log = logging.getLogger("crossfade.servers")


@dataclass(slots=True)
class _Seen:
    """What this process saw of one page."""

    page: MetricsPage
    reads: int = 0
    at_s: float = 0.0
    fault: str = "it was not read yet"
    reading: Reading = field(default_factory=Reading)
    window: Window = field(default_factory=Window)

    def now(self, now_s: float) -> Page:
        age_s = now_s - self.at_s if self.reads else None
        patience_s = max(STALE_S, STALE_READS * self.page.every_s)
        return Page(
            url=self.page.name,
            kind=self.page.kind,
            reads=self.reads,
            age_s=age_s,
            stale=age_s is None or age_s > patience_s,
            fault=self.fault,
            reading=self.reading,
            p95=self.window.p95(),
            waiting=self.window.waiting(),
            heated=self.window.heated(),
        )


@dataclass(slots=True)
class Watch:
    """The pages of a policy. Thread-safe; `steady_s` is a monotonic clock in seconds."""

    policy: Policy
    steady_s: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: dict[str, list[_Seen]] = field(init=False)

    def __post_init__(self) -> None:
        self._seen = {
            name: [_Seen(page) for page in upstream.metrics]
            for name, upstream in self.policy.upstreams.items()
            if upstream.metrics
        }

    @property
    def upstreams(self) -> tuple[str, ...]:
        """Those that have pages."""
        return tuple(self._seen)

    def pages(self, upstream: str) -> tuple[Page, ...]:
        """What is known of an upstream's pages now."""
        with self._lock:
            now_s = self.steady_s()
            return tuple([one.now(now_s) for one in self._seen.get(upstream, ())])

    def facts(self, upstream: str) -> Facts:
        """What its fresh pages say together."""
        return facts(self.pages(upstream))

    async def read(self, asking: httpx.AsyncClient, upstream: str) -> None:
        """Reads each of an upstream's pages once."""
        for seen in self._seen.get(upstream, ()):
            await self._read(asking, seen)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While entered, the pages are read in a thread of their own."""
        if not self._seen:
            yield
            return
        stop = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._work(stop)), name="servers")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    async def _work(self, stop: threading.Event) -> None:
        async with client(self.policy) as asking, beside(self._all(asking)):
            await asyncio.to_thread(stop.wait)

    async def _all(self, asking: httpx.AsyncClient) -> None:
        async with asyncio.TaskGroup() as group:
            for some in self._seen.values():
                for seen in some:
                    group.create_task(self._again_and_again(asking, seen))

    async def _again_and_again(self, asking: httpx.AsyncClient, seen: _Seen) -> None:
        while True:
            await self._read(asking, seen)
            await asyncio.sleep(seen.page.every_s)

    async def _read(self, asking: httpx.AsyncClient, seen: _Seen) -> None:
        """One attempt; whatever comes of it, the next one is made."""
        fault = ""
        try:
            found = reading(seen.page.kind, await text_of(asking, seen.page.name))
        except (Unread, PageFault) as error:
            fault = f"the page {error}"
        except Exception as error:
            fault = f"a fault of ours: {type(error).__name__}"
            log.exception("%s: its page was not read", seen.page.name)
        with self._lock:
            if fault and fault != seen.fault:
                log.warning("%s: %s", seen.page.name, fault)
            seen.fault = fault
            if not fault:
                seen.reads, seen.at_s, seen.reading = seen.reads + 1, self.steady_s(), found
                seen.window.add(seen.at_s, found)
