"""How many bytes of long bodies are in memory at once: who comes first is let in first."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field


class Crowded(Exception):
    """There was no room for a long body in time."""


@dataclass(slots=True)
class Room:
    """Bytes for all who work on long bodies. One that is larger than all of it comes in alone.

    `enter` needs a `leave`, which any thread may call.
    """

    most: int
    inside: int = 0
    _waiting: deque[tuple[int, Future[None]]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def enter(self, size: int, within_s: float | None = None) -> None:
        """Waits until there is room. Raises Crowded where there is none in time."""
        turn: Future[None] = Future()
        with self._lock:
            self._waiting.append((size, turn))
            self._let_in()
        if turn.done():
            return
        try:
            async with asyncio.timeout(within_s):
                await asyncio.wrap_future(turn)
        except BaseException as why:
            self._give_up(size, turn)
            if isinstance(why, TimeoutError):
                raise Crowded(f"no room for {size} bytes within {within_s:g} s") from None
            raise

    def leave(self, size: int) -> None:
        """Makes room for others."""
        with self._lock:
            self.inside -= size
            self._let_in()

    def _give_up(self, size: int, turn: Future[None]) -> None:
        with self._lock:
            if (size, turn) in self._waiting:
                self._waiting.remove((size, turn))
            else:  # it was let in at the same moment
                self.inside -= size
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if self.inside and self.inside + size > self.most:
                return
            self._waiting.popleft()
            self.inside += size
            # one that is given up just now takes its room back itself, and can not be from here on
            if turn.set_running_or_notify_cancel():
                turn.set_result(None)
