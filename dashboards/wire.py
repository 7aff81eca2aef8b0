"""What the control API says, as frozen types. Times are microseconds since 1970 UTC, shares percents.

Unknown keys are ignored, so that a newer controller can say more; a missing key or a wrong type is
refused by `read`, so that a page never shows half an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError


class NotUnderstood(ValueError):
    """An answer that is not of the shape this dashboard knows."""


@dataclass(frozen=True, slots=True)
class Target:
    """One side: which upstream, and the model's name there."""

    upstream: str
    model: str


@dataclass(frozen=True, slots=True)
class Step:
    """One canary step: a percentage, or so many sessions of a day."""

    percent: float | None = None
    sessions: int | None = None
    min_served: int = 0
    soak_s: float = 0.0
    latency_evidence: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of every request seen; the rest adds up to `seen`."""

    seen: int
    excluded: int
    unsampled: int
    shed: int
    failed: int
    pending: int
    compared: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One gate: log10 of its e-values and of the thresholds they are held against."""

    gate: str
    shown: Annotated[float, Field(alias="for")]
    against: float
    needed: float
    roll_back_at: float
    n: int
    sentence: str
    mode: str = "act"
    asked: bool = True  # whether a promotion from here rests on it
    pooled: float | None = None  # what the tenants of the model show, where it rests on them


@dataclass(frozen=True, slots=True)
class Approval:
    """Who said yes, when, and as part of which change, "" for none."""

    name: str
    at_us: int
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move that waits for people; `ticket_needed` says that a yes must name a change ticket."""

    id: str
    signal: str
    from_share: float
    to_share: float
    proposer: str
    at_us: int
    expires_us: int
    evidence_sha256: str
    approvals: tuple[Approval, ...]
    needed: int
    pooled: dict[str, int] = field(default_factory=dict)  # whose sessions it rests on
    ticket: str = ""
    ticket_needed: bool = False

    @property
    def ticket_asked(self) -> bool:
        """Whether who says yes has to name a change ticket: the proposal itself has none."""
        return self.ticket_needed and not self.ticket


@dataclass(frozen=True, slots=True)
class Transition:
    """A move that happened."""

    signal: str
    from_stage: Annotated[str, Field(alias="from")]
    to_stage: Annotated[str, Field(alias="to")]
    from_share: float
    to_share: float
    epoch: int
    at_us: int
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one gate said at one moment, log10."""

    shown: Annotated[float, Field(alias="for")]
    against: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What every gate said after `n` sessions of the attempt; `epoch` is of the standing that they were in."""

    n: int
    epoch: int
    at_us: int
    gates: dict[str, Reading]


@dataclass(frozen=True, slots=True)
class Latency:
    """Times of recent answers of both sides, whole and until the first words, in milliseconds."""

    primary_ms: tuple[float, ...] = ()
    candidate_ms: tuple[float, ...] = ()
    primary_first_ms: tuple[float, ...] = ()
    candidate_first_ms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagKind:
    """In how many comparisons a kind of flag was found."""

    severity: str
    code: str
    comparisons: int


@dataclass(frozen=True, slots=True)
class FlagCounts:
    """Flags by kind among the latest `of` comparisons."""

    of: int = 0
    kinds: tuple[FlagKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A proposal that somebody said no to, and that this keeps from being made again for now."""

    id: str
    to_share: float
    name: str
    reason: str
    at_us: int
    sentence: str


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Who rolled a rollout back, and why; `for_harm` says that the controller did, because harm was shown."""

    by: str
    reason: str
    at_us: int
    for_harm: bool


@dataclass(frozen=True, slots=True)
class Rollout:
    """Where one rollout stands. From `transitions` on, fields are filled for one rollout, not for the board."""

    tenant: str
    route: str
    stage: str
    share: float
    step: int
    steps: tuple[Step, ...]
    attempt: int
    epoch: int
    since_us: int
    held_by: str
    hold_reason: str
    verdict: str
    reasons: tuple[str, ...]
    waits_for: str
    primary: Target
    candidate: Target
    cloud: str
    pinned: str | bool | None
    sessions: int
    comparisons: int
    ledger: Ledger
    evidence: tuple[Evidence, ...]
    proposal: Proposal | None
    frozen: str = ""  # why nothing may be widened now
    plan: str = ""  # what the fleet's plan has the next move wait for
    rejection: Rejection | None = None
    dry_run: tuple[str, ...] = ()
    rolled_back: RolledBack | None = None  # None where it is not
    transitions: tuple[Transition, ...] = ()
    history: tuple[Moment, ...] = ()
    latency: Latency = field(default_factory=Latency)
    flags: FlagCounts = field(default_factory=FlagCounts)
    unpaired: int = 0
    needs: str | None = None  # what it needs a person for; filled on the board


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rollouts the person may see, by what they are found by."""

    rollouts: int = 0
    stages: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    needs: dict[str, int] = field(default_factory=dict)
    needs_person: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the rollouts that were looked for, out of `found`; `next` goes on, `summary` counts all."""

    production: bool
    deployment: str
    rollouts: tuple[Rollout, ...]
    found: int = 0
    next: str | None = None
    summary: Summary = field(default_factory=Summary)


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval did: whether the move happened at once, and why or why not."""

    applied: bool
    why: str
    transition: Transition | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Any other change that the API took; what it says beside that is not needed here."""


def read[T](shape: type[T], body: bytes) -> T:
    """The answer as that type. Raises NotUnderstood naming the first place that does not fit."""
    try:
        answer: T = _reader(shape).validate_json(body)
        return answer
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise NotUnderstood(f"{place}: {first['msg']}") from None


# Made once for each: making one takes longer than reading with it.
_READERS: dict[type[Any], TypeAdapter[Any]] = {}


def _reader(shape: type[Any]) -> TypeAdapter[Any]:
    if shape not in _READERS:
        _READERS[shape] = TypeAdapter(shape)
    return _READERS[shape]
