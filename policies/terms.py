"""What a rollout must show, and how fast it may go: samples, gates, steps, approvals and clocks."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from policies.acceptance import Acceptance
from policies.approvals import Approvals
from policies.blame import Blame
from policies.coverage import Coverage
from policies.failover import CircuitBreaker, Deadlines
from policies.gates import Gates, Promotion, QualityGate
from policies.low_traffic import LowTraffic
from policies.part import Grown, Part
from policies.prices import Money
from policies.retry import Retry
from policies.reverse import Percent, Reverse, ReversePercent
from policies.routes import Route
from policies.sign_off import SignOff
from policies.steps import Step, Steps

RISE = 1.25
"""A candidate that is sent so many times what it was measured under is measured anew."""


class Sampling(Grown):
    """Which sessions are shadowed, and how often the primary is asked again."""

    LATER: ClassVar[frozenset[str]] = frozenset({"budget_per_day", "reverse_percent"})

    shadow_percent: Percent = 100
    reask_burst: int = Field(
        default=200, ge=0, description="Re-ask every shadowed session up to this many."
    )
    reask_percent: Percent = Field(default=2, description="Re-ask this share afterwards.")
    reask_max_per_day: int = Field(
        default=2000,
        ge=0,
        description="Re-asks of one rollout in a UTC day; kept to within ten seconds of traffic.",
    )
    max_backlog: int = Field(
        default=1000, ge=1, description="Shadows waiting beyond this are shed, and counted."
    )
    timeout_s: float = Field(default=120, gt=0)
    reverse_percent: Reverse = Field(
        default=ReversePercent(),
        description="Of the sessions that the candidate answers, those that the primary is sent "
        "too, where it may be asked: a number, or one for `canary` and one for `live`.",
    )
    budget_per_day: Money | None = Field(
        default=None, description="For copies and re-asks of one rollout in a UTC day."
    )


class Alpha(Part):
    """How often a decision may be wrong."""

    promote: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    roll_back: Annotated[float, Field(gt=0, lt=0.5)] = 0.005
    mirror_part: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.2,
        description="Part of `roll_back` spent in mirror; the steps share the rest.",
    )


class Sessions(Grown):
    """When a session stops being open as evidence: by count or clock, never by outcome.

    Whoever comes back `again_after_s` after it began begins another.
    """

    LATER: ClassVar[frozenset[str]] = frozenset({"again_after_s"})

    exchanges: int = Field(default=5, ge=1)
    open_s: float = Field(default=600, ge=0)
    again_after_s: float = Field(default=7_200, ge=0, le=7 * 86_400)


class Terms(Grown):
    """What a rollout must show, and how fast it may go. The defaults are the production setting."""

    LATER: ClassVar[frozenset[str]] = frozenset(
        {"acceptance", "blame", "dry_run", "low_traffic", "retry", "sign_off"}
    )

    sampling: Sampling = Sampling()
    gates: Gates = Gates()
    alpha: Alpha = Alpha()
    steps: Steps = Field(
        default=(
            Step(percent=1),
            Step(percent=5),
            Step(percent=10),
            Step(percent=25, latency_evidence=True),
            Step(percent=50, latency_evidence=True),
        ),
        min_length=1,
    )
    approvals: Approvals = Approvals()
    sessions: Sessions = Sessions()
    coverage: Coverage = Coverage()
    deadlines: Deadlines = Deadlines()
    breaker: CircuitBreaker = CircuitBreaker()
    mixture_every: int = Field(
        default=25, ge=1, description="Sessions between starts of the harm mixture."
    )
    cooldown_s: float = Field(
        default=3600, ge=0, description="After the first rollback, before mirroring again."
    )
    retry: Retry = Retry()
    low_traffic: LowTraffic = LowTraffic()
    sign_off: SignOff | None = Field(
        default=None, description="Pairs of answers that clinical reviewers must have read."
    )
    dry_run: bool = Field(
        default=False,
        description="Decisions are written down, and the controller moves nothing but harm to people back.",
    )
    blame: Blame = Blame()
    acceptance: Acceptance = Acceptance()

    def where(self, route: Route, *, judged: bool) -> Terms:
        """These terms as they hold for one rollout: what they leave to it is filled in. The same object where nothing is."""
        severe = self.gates.severe
        filled: dict[str, Part] = {}
        if judged and self.gates.quality is None:
            filled["quality"] = QualityGate()
        if route in severe.shown_on and severe.promotion is not Promotion.SHOWN:
            filled["severe"] = severe.model_copy(update={"promotion": Promotion.SHOWN})
        if not filled:
            return self
        return self.model_copy(update={"gates": self.gates.model_copy(update=filled)})

    def asks_speed(self, step: int) -> bool:
        """Whether speed must be shown anew at a step: the policy says so, or the candidate is sent much more there.

        What it was sent is the shadowed share of all sessions, and at a step also what it answers of
        the others; what it was last measured under counts. Of a step given in sessions no share is known.
        """
        measured, asked = self._sent(0.0), False
        for at in self.steps[: step + 1]:
            sent = measured if at.percent is None else self._sent(at.percent / 100)
            asked = at.latency_evidence or sent > RISE * measured
            measured = max(measured, sent) if asked else measured
        return asked

    def _sent(self, share: float) -> float:
        """Of all sessions, those that a candidate is sent while it answers this share of them."""
        return share + (1 - share) * self.sampling.shadow_percent / 100
