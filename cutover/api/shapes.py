"""What the control API says of rollouts, as shapes: times in microseconds since 1970 UTC, shares in percent.

Levels are log10 of e-values.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """One JSON object of an answer; what it does not name is never told."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, from_attributes=True)


class PersonShape(Shape):
    """A person, with roles for every tenant and, by tenant, for that one alone."""

    name: str
    roles: list[str]
    tenants: dict[str, list[str]]


class TransitionShape(Shape):
    """A move that happened."""

    signal: str
    from_stage: str = Field(alias="from")
    to_stage: str = Field(alias="to")
    from_share: float
    to_share: float
    epoch: int
    at_us: int
    actor: str
    reason: str


class GivenShape(Shape):
    """One person's yes, with the change ticket that they named, "" for none."""

    name: str
    at_us: int
    ticket: str


class OfferShape(Shape):
    """A proposal as a person decides on it; `ticket` is that of the change, "" for none."""

    id: str
    signal: str
    from_share: float
    to_share: float
    proposer: str
    reason: str
    ticket: str
    at_us: int
    expires_us: int
    evidence_sha256: str
    approvals: list[GivenShape]


class ProposalShape(OfferShape):
    """A proposal, with whose it is."""

    tenant: str
    route: str


class OpenProposalShape(OfferShape):
    """The open proposal of a rollout: `needed` people must say yes; `pooled` is whose sessions it rests on.

    `ticket_needed`: who says yes must name a change ticket.
    """

    needed: int
    ticket_needed: bool
    pooled: dict[str, int]


class RejectionShape(Shape):
    """A rejection that stands."""

    id: str
    tenant: str
    route: str
    epoch: int
    to_share: float
    name: str
    reason: str
    at_us: int
    sessions: int


class KeptRejectionShape(RejectionShape):
    """A rejection that keeps the controller from proposing, in a sentence."""

    sentence: str


class TargetShape(Shape):
    """One side: which upstream, and the model's name there."""

    upstream: str
    model: str


class StepShape(Shape):
    """One canary step: a percentage, or so many sessions of a day."""

    percent: float | None = None
    sessions: int | None = None
    min_served: int
    soak_s: float
    latency_evidence: bool


class LedgerShape(Shape):
    """What became of every request seen; the rest adds up to `seen`."""

    seen: int
    excluded: int
    unsampled: int
    shed: int
    failed: int
    pending: int
    compared: int


class GateShape(Shape):
    """One gate: what it shows, and the thresholds that this is held against."""

    gate: str
    shown: float = Field(alias="for")
    against: float
    needed: float
    roll_back_at: float
    n: int
    asked: bool = True
    mode: str = "act"
    sentence: str
    pooled: float | None = None


class RolledBackShape(Shape):
    """Who rolled a rollout back, and why; `for_harm` says that the controller did, because harm was shown."""

    by: str
    reason: str
    at_us: int
    for_harm: bool


class RolloutShape(Shape):
    """Where one rollout stands, and why."""

    tenant: str
    route: str
    stage: str
    share: float
    step: int
    steps: list[StepShape]
    attempt: int
    epoch: int
    since_us: int
    held_by: str
    hold_reason: str
    verdict: str
    reasons: list[str]
    waits_for: str
    primary: TargetShape
    candidate: TargetShape
    cloud: str
    pinned: bool
    sessions: int
    late: int
    unpaired: int
    pooled: dict[str, int]
    comparisons: int
    ledger: LedgerShape
    evidence: list[GateShape]
    proposal: OpenProposalShape | None
    frozen: str
    plan: str
    rejection: KeptRejectionShape | None
    dry_run: list[str]
    rolled_back: RolledBackShape | None


class ListedShape(RolloutShape):
    """A rollout on the board. `needs` says what it needs a person for: `approval`, `sign_off`, `hold`, `resume`
    or `fault`, and `start` where nobody has begun it; null where it goes on by itself."""

    needs: str | None


class SummaryShape(Shape):
    """How many rollouts a person may read of, by what they are found by; `needs_person` leaves `start` out."""

    rollouts: int
    stages: dict[str, int]
    verdicts: dict[str, int]
    needs: dict[str, int]
    needs_person: int
    held: int


class ReadingShape(Shape):
    """What one gate showed at one moment."""

    shown: float = Field(alias="for")
    against: float


class PointShape(Shape):
    """What every gate showed after `n` sessions of the attempt."""

    n: int
    epoch: int
    at_us: int
    gates: dict[str, ReadingShape]


class LatencyShape(Shape):
    """Milliseconds of the latest answers of both sides, whole and until the first words, oldest first."""

    primary_ms: list[float]
    candidate_ms: list[float]
    primary_first_ms: list[float]
    candidate_first_ms: list[float]


class FlagKindShape(Shape):
    """In how many comparisons a kind of flag was found."""

    severity: str
    code: str
    comparisons: int


class FlagsShape(Shape):
    """Flags by kind among the latest `of` comparisons."""

    of: int
    kinds: list[FlagKindShape]


class WholeRolloutShape(RolloutShape):
    """One rollout with its moves, the course of its evidence, both sides' latency and its flags."""

    transitions: list[TransitionShape]
    history: list[PointShape]
    latency: LatencyShape
    flags: FlagsShape
