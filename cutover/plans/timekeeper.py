"""The wall clock of the controller that acts, watched: that it jumped is told, and is known to whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cutover.plans import jumps
from cutover.plans.jumps import Jumps
from cutover.tenure import Tenure


@dataclass(slots=True)
class Timekeeper:
    """`now_us` is the wall clock, in UTC microseconds; the steady one beside it is that of the tenure."""

    now_us: Callable[[], int]
    tenure: Tenure
    jumps: Jumps = field(default_factory=Jumps)

    def off(self) -> str:
        """Why nothing may begin, end or be widened by the time of now; "" where the clock is right.

        A jump is told where it is new. Raises StandsBy, LeaseLost and StoreError.
        """
        self.jumps.see(self.now_us(), self.tenure.steady_us())
        if self.jumps.untold:
            with self.tenure.writing() as conn:
                jumps.report(conn, self.jumps, self.now_us())
            self.jumps.untold = False
        return self.jumps.sentence
