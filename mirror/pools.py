"""Threads for what would hold up an event loop: a few for each kind of work, and none shared.

A disk that hangs or a name server that is slow keeps the threads of its own kind, and nobody else
waits for them. The loop's default executor is left to look-ups of names, which asyncio does there.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

NAMES = 32
"""Look-ups at a time. They wait and do not compute; one host has one at a time in each client."""


class Stuck(Exception):
    """Work did not end in time, or every thread of its kind is held by such work."""


@dataclass(slots=True, eq=False)
class Pool:
    """So many threads of a name. They start when they are first needed."""

    name: str
    threads: int
    held: int = 0  # by work that nobody waits for any more
    moved_s: float = 0.0  # when anything here last got on
    _executor: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._executor = ThreadPoolExecutor(self.threads, self.name)

    def submit[T](self, work: Callable[[], T]) -> Future[T]:
        """Begins work as soon as a thread is free, first come, first served."""
        return self._executor.submit(contextvars.copy_context().run, work)

    async def run[T](self, work: Callable[[], T]) -> T:
        """What work gives. One that is given up is not begun, or ends unheard."""
        return await asyncio.wrap_future(self.submit(work))

    async def within[T](self, quiet_s: float, most_s: float, work: Callable[[], T]) -> T:
        """The same in bounded time: `most_s` seconds, or `quiet_s` in which nothing here moved on.

        Raises Stuck, at once where every thread is held by such work; what was given up may still
        end, unheard. Work says with `moved` that it gets on.
        """
        if self.held >= self.threads:
            raise Stuck(f"{self.name}: all {self.threads} threads wait")
        begun = self.submit(work)
        ended = asyncio.wrap_future(begun)
        started = self.moved_s = max(self.moved_s, time.monotonic())
        while not ended.done():
            now = time.monotonic()
            left = min(started + most_s, self.moved_s + quiet_s) - now
            if left <= 0:
                self._hold(begun)
                raise Stuck(f"{self.name}: no end in {now - started:.1f} s")
            await asyncio.wait([ended], timeout=left)
        self.moved()
        return ended.result()

    def moved(self) -> None:
        """Work gets on."""
        self.moved_s = time.monotonic()

    def _hold[T](self, begun: Future[T]) -> None:
        loop = asyncio.get_running_loop()
        self.held += 1
        begun.add_done_callback(lambda _: self._freed(loop))

    def _freed(self, loop: asyncio.AbstractEventLoop) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._let_go)

    def _let_go(self) -> None:
        self.held -= 1


# Reading JSON holds the interpreter: more threads would make nothing faster, and the loop slower.
BODIES = Pool("bodies", 2)
UNPACKING = Pool("unpacking", 2)
RECORDS = Pool("records", 4)  # they wait for the disk, and seal outside the interpreter's lock
STORE = Pool("store", 4)  # the database's transactions, of which SQLite writes one at a time
KEYS = Pool("keys", 2)
POLICIES = Pool("policies", 1)


def name_lookups() -> None:
    """Bounds and names the running loop's own threads, which look up names and do nothing else."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(NAMES, "names"))
