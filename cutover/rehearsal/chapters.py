"""The demo's stories: what each clinic is, when its candidate turns bad, and how it should end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cutover.rehearsal.control import View
from cutover.rehearsal.driver import Tally
from cutover.stages import Stage

GOOD_SESSIONS = 10
"""Sessions of a good canary before the candidate turns bad."""

AFTERWARDS = 10
"""Sessions after the last move, which show that it holds."""


class Fate(StrEnum):
    """How a story stands."""

    GOING = "going"
    AS_TOLD = "as_told"
    OTHERWISE = "otherwise"


@dataclass(slots=True)
class Chapter:
    """One clinic's story: with `turns`, its candidate turns bad once it answers clients."""

    tenant: str
    turns: bool = False
    forbids_cloud: bool = False
    fate: Fate = Fate.GOING
    bad: bool = False
    waits: bool = False
    saves: bool = False
    canary_from: int | None = None
    ended_from: int | None = None

    def turns_bad(self, view: View, tally: Tally) -> bool:
        """Whether this is the moment at which the candidate turns bad; true once."""
        if not self.turns or self.bad or view.stage not in (Stage.CANARY, Stage.LIVE):
            return False
        if self.canary_from is None:
            self.canary_from = tally.done
        self.bad = tally.done - self.canary_from >= GOOD_SESSIONS
        return self.bad

    def saw(self, view: View, tally: Tally) -> None:
        """Moves the story on; it ends some sessions after its last stage was reached."""
        self.waits = view.proposal is not None
        early = view.stage == Stage.CANARY and not view.steps[view.step].latency_evidence
        self.saves = early and not self.turns
        last = view.stage == Stage.ROLLED_BACK or (view.stage == Stage.LIVE and not self.turns)
        if not last or self.fate is not Fate.GOING:
            return
        if self.ended_from is None:
            self.ended_from = tally.done
        if tally.done - self.ended_from >= AFTERWARDS:
            told = (
                self.bad and self.turns if view.stage == Stage.ROLLED_BACK else not self.turns
            )
            self.fate = Fate.AS_TOLD if told else Fate.OTHERWISE

    def rests(self, tally: Tally) -> bool:
        """Whether the next session should repeat a line, so that fresh ones are kept for later.

        The steps that ask only for served sessions take every second pair of sessions from repeats:
        the lines must last for the step that asks for evidence anew.
        """
        if self.waits or self.fate is not Fate.GOING:
            return True
        return self.saves and tally.sent % 4 < 2

    def end(self) -> str:
        """The end in words."""
        match self.fate:
            case Fate.GOING:
                return "its story is not at its end"
            case Fate.OTHERWISE:
                return "rolled back, which was not its story"
            case Fate.AS_TOLD if self.turns:
                return "rolled back with nobody acting; its clients go on with the primary"
            case Fate.AS_TOLD:
                return "live: the candidate answers every session"


def the_clinics() -> tuple[Chapter, ...]:
    """The three stories, from their beginning."""
    return (
        Chapter("klinik-sihat"),
        Chapter("klinik-harapan", turns=True),
        Chapter("klinik-tertutup", forbids_cloud=True),
    )
