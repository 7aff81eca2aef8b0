"""What the controller that acts remembers of one rollout between ticks."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutover.approving.approvals import Proposal
from cutover.approving.sign_offs import Sample
from cutover.evidence.course import Evidence
from cutover.evidence.dossier import Dossier, point
from cutover.evidence.judge import Verdict
from cutover.evidence.look import Look
from cutover.evidence.reasks import Reasks
from cutover.evidence.tally import Views
from cutover.history import Saved
from cutover.newcomers import Newcomers
from cutover.rollout import Rollout
from cutover.views import NOT_JUDGED, Told
from cutover.would_be import WouldBe
from policies.policy import Rollout as Declared


@dataclass(slots=True)
class File:
    """What is remembered of one rollout. `declared` is None once the policy lists it no more.

    `stays` says why harm that is shown moves it not yet, `crowded` why its candidate's server has no
    room for its next step; "" where that is not so.
    """

    declared: Declared | None
    saved: Saved
    told: Told = NOT_JUDGED
    look: Look | None = None  # that `told` came of
    promotes: bool = False
    warned: bool | None = None  # of harm in live; None for not known
    stays: str = ""
    crowded: str = ""
    for_harm: bool = False  # whether the controller itself rolled it back
    proposal: Proposal | None = None
    dossier: Dossier | None = None
    reasks: Reasks = field(default_factory=Reasks)
    newcomers: Newcomers = field(default_factory=Newcomers)
    signed: Sample | None = None  # of the attempt; None for not read, or not drawn
    would: tuple[WouldBe, ...] | None = None  # of dry runs; None for not read
    unwritten: Evidence = field(default_factory=Evidence)

    @property
    def rollout(self) -> Rollout:
        """Where the rollout stands."""
        return self.saved.rollout

    def record(self, seen: Views, verdict: Verdict, now_us: int) -> None:
        """Keeps what joined the evidence, to be written with the rollout's next change or the tick."""
        assert self.dossier is not None, "it was just looked at"
        epoch, key = self.rollout.epoch, self.rollout.key
        self.unwritten.add(key, epoch, self.dossier.joined(seen, now_us))
        kept = point(epoch, verdict, now_us)
        if self.dossier.due(kept):
            self.unwritten.add_point(key, kept)
