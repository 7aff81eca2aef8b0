"""The ledger's sums for people who look: counted once in a while, however many look, because all there is is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cutover import clocks, condition
from cutover.condition import Sums

KEPT_US = 10_000_000
"""So long a count is told again."""


@dataclass(slots=True)
class Tally:
    """The sums as they were at most `KEPT_US` ago, by a clock that never goes back. Any thread may ask."""

    steady_us: Callable[[], int] = clocks.steady_us
    _last: tuple[Sums, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, conn: Connection) -> Sums:
        """The sums. Who asks while another counts waits for that count."""
        with self._lock:
            if self._last is None or self.steady_us() - self._last[1] >= KEPT_US:
                self._last = condition.sums(conn), self.steady_us()
            return self._last[0]
