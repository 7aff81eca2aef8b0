"""A wall clock that jumps: freezes, plans and soak times go by it, so nothing may be widened by a jump.

It is compared with a clock that only passes. What goes slowly astray, as clocks do, is no jump.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from cutover import deeds
from cutover.evidence.reasons import duration
from cutover.people import CONTROLLER, Deed

LARGEST_US = 60_000_000
"""Less than this between two looks is a clock being set right."""


@dataclass(slots=True)
class Jumps:
    """How far a wall clock has jumped since it was first looked at, in microseconds; 0 for not at all."""

    off_us: int = 0
    untold: bool = False  # that it jumped, or is back, since that was last reported
    _apart_us: int | None = None

    def see(self, wall_us: int, steady_us: int) -> bool:
        """Looks at both clocks; whether the wall clock jumped since the last look.

        One that jumps back to where it was has not jumped.
        """
        before, self._apart_us = self._apart_us, wall_us - steady_us
        step_us = 0 if before is None else self._apart_us - before
        jumped = abs(step_us) > LARGEST_US
        if jumped or self.off_us:
            self.off_us += step_us
        if abs(self.off_us) <= LARGEST_US:
            self.off_us = 0
        self.untold = self.untold or jumped
        return jumped

    def accept(self) -> None:
        """A person says that the clock is right as it is."""
        self.off_us = 0

    @property
    def sentence(self) -> str:
        """Why nothing may be widened; "" where the clock has not jumped."""
        if not self.off_us:
            return ""
        return (
            f"nothing is begun or widened: the clock of the controller jumped {_words(self.off_us)}; set it "
            "right, or let a lead say that it is right (`crossfade freeze break`)"
        )


def _words(off_us: int) -> str:
    way = "forward" if off_us > 0 else "back"
    return f"{duration(abs(off_us) / 1_000_000)} {way}"


def report(conn: Connection, jumps: Jumps, at_us: int) -> None:
    """Appends that the clock jumped, or is back where it was, by its own time of now."""
    why = jumps.sentence or "the clock is back where it was"
    deeds.report(
        conn,
        Deed(CONTROLLER, at_us, why),
        "clock.jumped",
        ("clock", "controller"),
        details={"off_s": round(jumps.off_us / 1_000_000)},
    )
