"""The clock of this machine beside that of a store which machines share: who is far from it is told of.

Every machine stamps its own requests. One whose clock is an hour ahead has its copies wait for that hour, and one that
is a day behind tells the log of yesterday; nothing is refused for it, so people must hear of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from mirror.journal import events
from mirror.journal.store import Store

FAR_US = 5_000_000
"""Machines that ask the same servers for the time are closer by a thousand times."""
LOOK_S, AGAIN_S = 60.0, 3600.0
"""Seconds between looks, and between two events that tell of the same."""
_STORES = select(func.round(func.extract("epoch", func.clock_timestamp()) * 1_000_000))


@dataclass(slots=True)
class Apart:
    """Looks now and then, for one machine. `now_us` is its clock of UTC, `steady_s` one that only passes."""

    store: Store
    machine: str
    now_us: Callable[[], int]
    steady_s: Callable[[], float]
    stores_us: Callable[[Store], int] | None = None
    _look_s: float = 0.0
    _tell_s: float = 0.0
    _was_far: bool = False

    def look(self) -> None:
        """Writes `clock.apart` where the clocks are far from each other, once an hour, and when they are not any more.

        Raises StoreError.
        """
        if not self.store.shared or self.steady_s() < self._look_s:
            return
        self._look_s = self.steady_s() + LOOK_S
        off_us = self.now_us() - (self.stores_us or stores_us)(self.store)
        far = abs(off_us) > FAR_US
        if (far and self.steady_s() < self._tell_s) or (not far and not self._was_far):
            return
        self._was_far, self._tell_s = far, self.steady_s() + AGAIN_S if far else 0.0
        self._report(off_us if far else 0)

    def _report(self, off_us: int) -> None:
        seconds = round(off_us / 1_000_000)
        way = "ahead of" if seconds > 0 else "behind"
        told = (
            f"its clock is {abs(seconds):,} s {way} the store's"
            if off_us
            else "its clock agrees with the store's again"
        )
        with self.store.write() as conn:
            events.append(
                conn,
                tenant="",
                type="clock.apart",
                actor={"kind": "service", "name": "drainer"},
                object={"kind": "machine", "id": self.machine},
                at_us=self.now_us(),
                outcome="failed" if off_us else "ok",
                reason=told,
                details={"off_s": seconds},
            )


def stores_us(store: Store) -> int:
    """The clock of a PostgreSQL store, in microseconds of UTC. Raises StoreError."""
    with store.read() as conn:
        return int(conn.scalar(_STORES) or 0)
