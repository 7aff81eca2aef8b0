"""The wall clock of the controller that acts, watched over restarts and takeovers: a jump is told, and not forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from sqlalchemy import Connection, delete, insert, select

from cutover import clocks
from cutover.plans import jumps
from cutover.plans.clock_table import clock
from cutover.plans.jumps import Jumps, Kept
from cutover.plans.stamps import set_right
from cutover.tenure import Storage, Tenure

NAME = "controller"
EVERY_US = 10_000_000
"""So often the store is told where the clock is, while it does not jump."""


@dataclass(slots=True)
class Timekeeper:
    """`now_us` is the wall clock, in UTC microseconds; the steady one beside it is that of the tenure.

    `boot` is as in `clocks`.
    """

    now_us: Callable[[], int]
    tenure: Tenure
    store: Storage
    boot: str = field(default_factory=clocks.boot)
    jumps: Jumps = field(default_factory=Jumps)
    _fence: int = 0  # of the lease for which the store was asked
    _kept_us: int | None = None  # by the steady clock; None for at once

    def look(self) -> bool:
        """Looks at both clocks, and keeps what the next controller must know; whether rollouts were stamped anew.

        What was stamped in the future is set right when the clock is back. Raises StandsBy, LeaseLost and StoreError.
        """
        fence = self.tenure.lease.fence
        wall_us, steady_us = self.now_us(), self.tenure.steady_us()
        if fence != self._fence:
            with self.store.read() as conn:
                before = read(conn)
            if before is not None:
                self.jumps.recall(before, self.boot, wall_us, steady_us)
            self._fence, self._kept_us = fence, None
        self.jumps.see(wall_us, steady_us)
        late = self._kept_us is None or steady_us - self._kept_us >= EVERY_US
        if not (late or self.jumps.untold):
            return False
        restamped = False
        with self.tenure.writing() as conn:
            keep(conn, self.jumps.kept(self.boot, wall_us, steady_us))
            if self.jumps.untold:
                jumps.report(conn, self.jumps, wall_us)
            if self.jumps.was_us > 0 and not self.jumps.off_us:
                restamped = set_right(conn, self.jumps.was_us, wall_us)
        self.jumps.told()
        self._kept_us = steady_us
        return restamped

    def off(self) -> str:
        """Why nothing may begin, end or be widened by the time of now; "" where the clock is right."""
        self.jumps.see(self.now_us(), self.tenure.steady_us())
        return self.jumps.sentence

    def accept(self) -> None:
        """A person says that the clock is right as it is; the next look keeps it."""
        self.jumps.accept()
        self._kept_us = None


def read(conn: Connection) -> Kept | None:
    """What was kept last; None in a store without any."""
    row = conn.execute(select(clock).where(clock.c.name == NAME)).mappings().first()
    return Kept(**{key: row[key] for key in row if key != "name"}) if row else None


def keep(conn: Connection, now: Kept) -> None:
    """Replaces what was kept."""
    conn.execute(delete(clock).where(clock.c.name == NAME))
    conn.execute(insert(clock).values(name=NAME, **asdict(now)))
