"""What a rollout must show, and how fast it may go: samples, gates, steps, approvals and clocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import (
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from policies.failover import CircuitBreaker, Deadlines
from policies.part import Part
from policies.steps import Step, Steps

Share = Annotated[float, Field(gt=0, le=1)]
"""A share of sessions or answers, as a fraction."""

Percent = Annotated[float, Field(ge=0, le=100)]


class Sampling(Part):
    """Which sessions are shadowed, and how often the primary is asked again."""

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


class EquivalenceGate(Part):
    """Agreement beyond the primary's own noise; a declared bar where the primary is never re-asked."""

    margin: Share = 0.15
    clip: Share = 0.5
    bar: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.65, description="Used without re-asks: agreement, not quality."
    )
    weight: Share = 0.30

    @model_validator(mode="after")
    def _margin_below_clip(self) -> Self:
        if self.margin >= self.clip:
            raise ValueError(
                "`margin` must be smaller than `clip`, or nothing could ever be shown"
            )
        return self


class ShareGate(Part):
    """A share that must be shown to stay below a bar. What a file leaves out, its gate knows."""

    # Each gate has defaults of its own, filled in by `Gates`: nothing is required of a file.
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None))

    at_most: Annotated[float, Field(gt=0, lt=1)]
    weight: Share


class LatencyGate(ShareGate):
    """At most this share of answers may take longer than the target."""

    target_ms: int = Field(default=2000, gt=0)
    first_token_ms: int = Field(
        default=800, gt=0, description="Target for streamed answers' first token."
    )


class Gates(Part):
    """The demands on the evidence. One margin serves promotion and rollback."""

    equivalence: EquivalenceGate = EquivalenceGate()
    errors: ShareGate = ShareGate(at_most=0.0185, weight=0.30)
    latency: LatencyGate = LatencyGate(at_most=0.05, weight=0.20)
    flags: ShareGate = ShareGate(at_most=0.04, weight=0.15)
    missing_at_most: Share = Field(
        default=0.02, description="More missing scores than this: hold."
    )
    gaps_at_most: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.02, description="More requests that the candidate lacks the means for: hold."
    )

    @field_validator("errors", "latency", "flags", mode="before")
    @classmethod
    def _the_rest_by_default(cls, written: object, info: ValidationInfo) -> object:
        """A gate of which a part is written keeps its own defaults for the other parts."""
        if not isinstance(written, Mapping) or info.field_name is None:
            return written
        return cls.model_fields[info.field_name].default.model_dump() | dict(written)


class Alpha(Part):
    """How often a decision may be wrong."""

    promote: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    roll_back: Annotated[float, Field(gt=0, lt=0.5)] = 0.005
    mirror_part: Share = Field(
        default=0.2,
        description="Part of `roll_back` spent in mirror; the steps share the rest.",
    )


class Approvals(Part):
    """How many people must agree before the candidate answers anyone, and before it answers all."""

    to_canary: int = Field(default=1, ge=0, le=3)
    to_live: int = Field(default=1, ge=0, le=3)
    expire_s: float = Field(default=86_400, gt=0)


class Sessions(Part):
    """When a session stops being open as evidence: by count or clock, never by outcome."""

    exchanges: int = Field(default=5, ge=1)
    open_s: float = Field(default=600, ge=0)


class Coverage(Part):
    """How much of the clock the evidence must span before a promotion out of mirror."""

    hours: float = Field(default=24, ge=0)


class Terms(Part):
    """What a rollout must show, and how fast it may go. The defaults are the production setting."""

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
        default=3600, ge=0, description="After a rollback, before mirroring again."
    )
