"""When the controller ticks: once a period whatever happens, and early where something was compared.

Who is harmed must not wait for the clock: a comparison that shows it is judged within a fraction of a
second. Early ticks rest in between for a multiple of the processor's time that the last one took, so
that a fleet of thousands, whose ticks are long, costs little more for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from cutover import clocks
from cutover.controller import Controller
from cutover.evidence import news
from cutover.pulse import Pulse
from cutover.tenure import Storage
from mirror.journal.store import StoreError

EARLY_S = 0.1
"""How often the store is asked whether something was compared."""
REST = 3
"""An early tick waits for so many times the processor's time that the last tick took."""


class Ticks:
    """A controller's ticks, counted in `pulse`. Thread-safe; the others are as in `clocks`."""

    def __init__(
        self,
        controller: Controller,
        store: Storage,
        steady_us: Callable[[], int] = clocks.steady_us,
        spent_us: Callable[[], int] = clocks.spent_us,
        now_us: Callable[[], int] = clocks.now_us,
    ) -> None:
        self._controller, self._store = controller, store
        self._steady_us, self._spent_us, self._now_us = steady_us, spent_us, now_us
        self._turn = threading.Lock()
        self._rests_until_us = 0
        self.pulse = Pulse()

    def tick(self) -> None:
        """One tick, now."""
        with self._turn:
            self._tick()

    def early(self) -> None:
        """One tick if it is worth it: this controller acts, rests no more, and something was compared since the last."""
        if not self._turn.acquire(blocking=False):
            return  # one is under way
        try:
            if self._steady_us() >= self._rests_until_us and self._has_news():
                self._tick()
        finally:
            self._turn.release()

    def _has_news(self) -> bool:
        upto = self._controller.upto
        if upto is None or not self._controller.acting:
            return False
        try:
            with self._store.read() as conn:
                return news.any_after(conn, upto)
        except StoreError:
            return False  # the next tick says so

    def _tick(self) -> None:
        before_us, began_us = self._spent_us(), self._steady_us()
        self._controller.tick()
        self.pulse.beat(self._steady_us() - began_us, self._now_us())
        took_us = self._spent_us() - before_us
        self._rests_until_us = self._steady_us() + REST * took_us
