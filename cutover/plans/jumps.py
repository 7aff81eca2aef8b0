"""A wall clock that jumps: freezes, plans and soak times go by it, so nothing may be widened by a jump.

It is compared with a clock that only passes. What goes slowly astray, as clocks do, is no jump. Over a
start of the machine, and between machines, no such clock goes on: there it may not be behind what was
seen before, nor ahead of it by more than a short absence.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from cutover import deeds
from cutover.evidence.reasons import duration
from cutover.people import CONTROLLER, Deed
from mirror.journal import events

LARGEST_US = 60_000_000
"""Less than this between two looks is a clock being set right."""

LONGEST_AWAY_US = 3_600_000_000
"""After a longer absence, on another start of a machine, time that passed looks like a jump."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of the wall clock of the controller that acts, for the next one; times in microseconds.

    `boot` names the start of its machine, "" where the system does not tell. `wall_us` is when the clock
    was looked at, `apart_us` how far it was from the steady one; the others are as in `Jumps`.
    """

    boot: str
    wall_us: int
    apart_us: int
    off_us: int = 0
    unsure: bool = False


@dataclass(slots=True)
class Jumps:
    """How far a wall clock has jumped since it was first looked at, in microseconds; 0 for not at all.

    `unsure`: that is reckoned from an absence, of which nobody knows how long it was.
    """

    off_us: int = 0
    unsure: bool = False
    untold: bool = False  # that it jumped, or is back, since that was last reported
    was_us: int = 0  # off, where it is back since then
    _apart_us: int | None = None

    def see(self, wall_us: int, steady_us: int) -> bool:
        """Looks at both clocks; whether the wall clock jumped since the last look.

        One that jumps back to where it was has not jumped.
        """
        before, self._apart_us = self._apart_us, wall_us - steady_us
        was_us = self.off_us
        step_us = 0 if before is None else self._apart_us - before
        jumped = abs(step_us) > LARGEST_US
        if jumped or self.off_us:
            self.off_us += step_us
        self._settle(was_us)
        self.untold = self.untold or jumped
        return jumped

    def recall(self, kept: Kept, boot: str, wall_us: int, steady_us: int) -> None:
        """Goes on from what another controller knew, or this one before it was restarted."""
        self.off_us, self.unsure = kept.off_us, kept.unsure
        if boot and boot == kept.boot:
            self._apart_us = kept.apart_us  # what it jumped by since then, the next look sees
            return
        self._apart_us = wall_us - steady_us
        away_us = wall_us - kept.wall_us
        if not -LARGEST_US <= away_us <= LONGEST_AWAY_US:
            self.off_us, self.unsure = self.off_us + away_us, True
            self._settle(kept.off_us)
        self.untold = self.off_us != kept.off_us

    def kept(self, boot: str, wall_us: int, steady_us: int) -> Kept:
        """What the next controller is to know."""
        return Kept(boot, wall_us, wall_us - steady_us, self.off_us, self.unsure)

    def accept(self) -> None:
        """A person says that the clock is right as it is."""
        self.off_us, self.unsure = 0, False

    @property
    def sentence(self) -> str:
        """Why nothing may be widened; "" where the clock has not jumped."""
        if not self.off_us:
            return ""
        return f"nothing is begun or widened: {self._what}"

    @property
    def _what(self) -> str:
        far = duration(abs(self.off_us) / 1_000_000)
        if self.unsure and self.off_us > 0:
            return (
                f"by the clock of the controller {far} have passed since one last acted, and the machine was "
                f"started meanwhile or is another; see that the clock is right, and let a lead say so ({_HOW})"
            )
        said = f"jumped {far} {'forward' if self.off_us > 0 else 'back'}"
        if self.unsure:
            said = f"is {far} behind the time at which one last acted"
        return f"the clock of the controller {said}; set it right, or let a lead say that it is right ({_HOW})"

    def told(self) -> None:
        """That it jumped, or is back, is on record."""
        self.untold, self.was_us = False, 0

    def _settle(self, was_us: int) -> None:
        """Takes a clock for right that is where it was, or may be after an absence; it was off by so much."""
        latest_us = LONGEST_AWAY_US if self.unsure else LARGEST_US
        if -LARGEST_US <= self.off_us <= latest_us:
            self.off_us, self.unsure = 0, False
            self.was_us = was_us or self.was_us


_HOW = "`crossfade freeze break`"


def report_accepted(conn: Connection, jumps: Jumps, deed: Deed) -> None:
    """Appends that a person says the clock is right as it is; nothing where it has not jumped."""
    if jumps.off_us:
        was = {"off_s": round(jumps.off_us / 1_000_000)}
        said = events.changed(was, {"off_s": 0})
        deeds.report(conn, deed, "clock.accepted", ("clock", "controller"), details=said)


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
