"""What the controller that acts remembers of one rollout between ticks."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from cutover import views
from cutover.approving import approvals
from cutover.approving.approvals import Proposal
from cutover.approving.draw import Lots
from cutover.approving.sign_offs import Sample
from cutover.decide import at_once
from cutover.evidence.asking import goes_on
from cutover.evidence.course import Evidence
from cutover.evidence.dossier import Dossier, point, rules_of
from cutover.evidence.look import Look
from cutover.evidence.news import News
from cutover.evidence.observation import Rules
from cutover.evidence.reasks import Reasks
from cutover.evidence.rebuilding import Rebuilding
from cutover.evidence.tally import Tally, Views
from cutover.evidence.verdict import Kind, Verdict
from cutover.history import Key, Saved
from cutover.newcomers import Newcomers
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.views import NOT_JUDGED, RolledBack, Told
from cutover.would_be import WouldBe
from policies.policy import Policy
from policies.policy import Rollout as Declared


@dataclass(slots=True)
class File:
    """What is remembered of one rollout. `declared` is None once the policy lists it no more.

    `stays` says why harm that is shown moves it not yet, `crowded` why its candidate's server has no
    room for its next step; "" where that is not so.
    """

    declared: Declared | None
    saved: Saved
    look: Look | None = None  # that `verdict` came of
    warned: bool | None = None  # of harm in live; None for not known
    stays: str = ""
    crowded: str = ""
    for_harm: bool = False  # whether the controller itself rolled it back
    rolled_back: RolledBack | None = None  # by whom and why; None where it goes on
    proposal: Proposal | None = None
    dossier: Dossier | None = None
    rebuilding: Rebuilding | None = None  # of the dossier, while it takes more than a turn
    reasks: Reasks = field(default_factory=Reasks)
    newcomers: Newcomers = field(default_factory=Newcomers)
    signed: Sample | None = None  # of the attempt; None for not read, or not drawn
    wants_draw: bool = False  # of pairs to be signed off
    drawn: tuple[int, Lots] | None = None  # of which attempt, until the sample is kept
    would: tuple[WouldBe, ...] | None = None  # of dry runs; None for not read
    unwritten: Evidence = field(default_factory=Evidence)
    settled: Saved | None = None  # as which its last turn left it, where that found nothing
    verdict: Verdict | None = None  # of the present standing; None before the first look
    _asked: tuple[Tally, bool] | None = None  # whether the burst goes on, by what
    _rules: Rules | None = None
    _told: Told | None = NOT_JUDGED  # None until somebody reads the verdict

    @property
    def burst_done(self) -> bool:
        """Whether the primary is asked again in no more than a share of the sessions."""
        if not self.reasks.burst_done or self.dossier is None:
            return self.reasks.burst_done
        account = self.dossier.account
        if self._asked is None or self._asked[0] is not account.closed:
            more = goes_on(account.book.rules, self.rollout.stage, account.closed)
            self._asked = account.closed, more
        return not self._asked[1]

    @property
    def rollout(self) -> Rollout:
        """Where the rollout stands."""
        return self.saved.rollout

    @property
    def told(self) -> Told:
        """The last verdict as people are told, or what there is to tell of one that compares nothing."""
        if self._told is NOT_JUDGED and self.rollout.stage is Stage.OFF:
            return _before_start(self.declared)
        if self._told is None:
            assert self.verdict is not None, "one of the two is there"
            self._told = views.tell(self.verdict)
        return self._told

    def rules_in(self, policy: Policy, declared: Declared) -> Rules:
        """How exchanges become evidence: the controller's policy says it, and so it is found out once."""
        if self._rules is None:
            self._rules = rules_of(policy, declared)
        return self._rules

    @property
    def judged(self) -> tuple[str, int]:
        """The verdict's name and on how many sessions it rests; nothing is put into words for it."""
        if self.verdict is not None:
            return self.verdict.kind.value, self.verdict.sessions
        return self.told.verdict, self.told.sessions

    def hear(self, verdict: Verdict) -> None:
        """Keeps a verdict, to be told when somebody reads it."""
        self.verdict, self._told = verdict, None

    def tell(self, told: Told) -> None:
        """Keeps what is to be told where there is no verdict."""
        self.verdict, self._told = None, told

    @property
    def promotes(self) -> bool:
        """Whether the last verdict promotes, and the rollout has not moved since."""
        return self.verdict is not None and self.verdict.kind is Kind.PROMOTE

    @property
    def shown_log10(self) -> float:
        """What the last verdict shows for a promotion, as log10 of an e-value."""
        if self.verdict is None:
            return views.shown_log10(self.told.evidence)
        return views.finite(self.verdict.shown_log10)

    def sleeps(self, news: News, now_us: int, sighted: Container[Key]) -> bool:
        """Whether another turn would do nothing, as for most of thousands. `sighted`: whose candidate another answered for."""
        as_it_was = self.settled is self.saved and self.rollout.key not in sighted
        return as_it_was and self.quiet(news, now_us)

    def settles(self, news: News, now_us: int) -> bool:
        """Whether a turn may end without a look; what a look finds out is for the turn after it."""
        quiet = self.quiet(news, now_us)
        self.settled = self.saved if quiet else None
        return quiet

    def quiet(self, news: News, now_us: int) -> bool:
        """Whether nothing is new of a rollout whose verdict is to hold; a person's word on an index is no news."""
        if self.dossier is None or self.verdict is None or self.proposal is not None:
            return False
        if self.verdict.kind is not Kind.HOLD or at_once(self.rollout) or self.drawn:
            return False
        return self.dossier.quiet(news, self.rollout, now_us)

    def record(self, seen: Views, verdict: Verdict, now_us: int) -> None:
        """Keeps what joined the evidence, to be written with the rollout's next change or the tick."""
        assert self.dossier is not None, "it was just looked at"
        epoch, key = self.rollout.epoch, self.rollout.key
        self.unwritten.add(key, epoch, self.dossier.joined(seen, now_us))
        if self.dossier.due(verdict.sessions):
            self.unwritten.add_point(key, point(epoch, verdict, now_us))
        self.unwritten.checkpoint = (
            self.dossier.checkpoint(key, now_us) or self.unwritten.checkpoint
        )


def see_approvals(conn: Connection, files: Iterable[File]) -> None:
    """Reads anew who approved the open proposals: the yes of somebody who is no lead any more does not count."""
    waiting = [(file, file.proposal) for file in files if file.proposal is not None]
    standing = approvals.standing(conn) if waiting else {}
    for file, proposal in waiting:
        file.proposal = replace(proposal, approvals=standing.get(proposal.id, ()))


def _before_start(declared: Declared | None) -> Told:
    """What there is to tell of a rollout that nobody has begun yet; the controller begins those that the policy starts."""
    starts = declared is not None and declared.start == "mirror"
    waits_for = "" if starts else "a person to begin it (`crossfade resume`)"
    reason = "not begun: the primary answers and nothing is copied"
    return Told(Kind.HOLD.value, (reason,), waits_for, 0, ())
