"""The gates of a policy: what the evidence must show, and what each gate may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from policies.part import Grown, Part
from policies.routes import Route

Share = Annotated[float, Field(gt=0, le=1)]
"""A share of sessions or answers, as a fraction."""

Bar = Annotated[float, Field(gt=0, lt=1)]
"""A share that can be shown to lie above or below."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
"""The code of a flag, as in `DOSE_CONFLICT`."""


class Promotion(StrEnum):
    """What a promotion asks of a gate."""

    SHOWN = "shown"  # that it was shown to hold
    NO_HARM = "no_harm"  # that it is not likely broken: it watches, and shows nothing


class Mode(StrEnum):
    """What a gate may do."""

    OBSERVE = "observe"  # it is computed and told; it blocks nothing and rolls nothing back
    HOLD = "hold"  # it blocks promotions, and rolls nothing back
    ACT = "act"  # it blocks promotions, and has its part in the rollback


_MODE = Field(
    default=Mode.ACT, description="Whether it only observes, holds, or also rolls back."
)


class EquivalenceGate(Grown):
    """Agreement beyond the primary's own noise; a declared bar where the primary is never re-asked."""

    LATER: ClassVar[frozenset[str]] = frozenset({"mode"})

    margin: Share = 0.15
    clip: Share = 0.5
    bar: Bar = Field(default=0.65, description="Used without re-asks: agreement, not quality.")
    weight: Share = 0.30
    mode: Mode = _MODE

    @model_validator(mode="after")
    def _margin_below_clip(self) -> Self:
        if self.margin >= self.clip:
            raise ValueError(
                "`margin` must be smaller than `clip`, or nothing could ever be shown"
            )
        return self


class ShareGate(Grown):
    """A share that must be shown to stay below a bar. What a file leaves out, its gate knows."""

    # Each gate has defaults of its own, filled in by `Gates`: nothing is required of a file.
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None))

    LATER: ClassVar[frozenset[str]] = frozenset({"mode"})

    at_most: Bar
    weight: Share
    mode: Mode = _MODE


class LatencyGate(ShareGate):
    """At most this share of answers may take longer than the target."""

    LATER: ClassVar[frozenset[str]] = frozenset({"mode", "audio_ms_per_minute"})

    target_ms: int = Field(default=2000, gt=0)
    first_token_ms: int = Field(
        default=800, gt=0, description="Target for streamed answers' first token."
    )
    audio_ms_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Target of a recording by its length, where that is more than `target_ms`: 250 "
        "is 2.5 s for 10 minutes.",
    )

    def of_recording_ms(self, seconds: float) -> float:
        """The target of a whole answer to so many seconds of sound; to none, `target_ms`."""
        return max(self.target_ms, (self.audio_ms_per_minute or 0.0) * seconds / 60)


class WatchGate(ShareGate):
    """A gate that may see little on a route. What it never saw says nothing and blocks nothing."""

    promotion: Promotion = Field(
        default=Promotion.NO_HARM,
        description="Whether a promotion asks that it was shown, or only that no harm is likely.",
    )


class SevereGate(WatchGate):
    """Answers that agree with the primary far less than it agrees with itself: re-asked sessions only."""

    LATER: ClassVar[frozenset[str]] = frozenset({"mode", "shown_on"})

    drop: Bar = Field(default=0.5, description="So much less agreement is a severe drop.")
    shown_on: tuple[Route, ...] = Field(
        default=(Route.REASON, Route.AUDIO),
        description="Routes on which a promotion asks that it was shown, whatever `promotion` says.",
    )


class FirstTokenGate(WatchGate):
    """Streams alone, by their first token."""

    target_ms: int | None = Field(
        default=None, gt=0, description="Null for `latency.first_token_ms`."
    )


class RelativeLatencyGate(WatchGate):
    """How often the candidate is slower than the primary was on the same request."""

    at_most: Bar = 0.5
    weight: Share = 0.01
    slower_by: float = Field(default=0.2, ge=0, description="By more than this share.")


class CodeGate(WatchGate):
    """One kind of `fail` flag, with a bar of its own."""

    weight: Share = 0.01


def _bar_alone(written: object) -> object:
    if isinstance(written, str | bool):
        raise ValueError(f"must be a share, as in 0.01 for 1 %, or a gate; it is {written}")
    return {"at_most": written} if isinstance(written, int | float) else written


class FlagsGate(ShareGate):
    """Flags of severity `fail`: all of them together, and single kinds with bars of their own."""

    LATER: ClassVar[frozenset[str]] = frozenset({"codes", "mode"})

    codes: dict[Code, Annotated[CodeGate, BeforeValidator(_bar_alone, float | CodeGate)]] = (
        Field(default={}, description="Kinds with a bar of their own: a share, or a gate.")
    )


class QualityGate(Part):
    """How good the candidate's answers are beside the primary's, of which a judge graded both."""

    margin: Share = Field(default=0.015, description="How much lower is not yet worse.")
    clip: Share = 0.3
    drop: Bar = Field(
        default=0.5, description="An answer that is so much worse is a severe drop."
    )
    severe_at_most: Bar = Field(default=0.02, description="Share of severe drops.")
    weight: Share = Field(default=0.30, description="Of all that quality is told by, together.")
    mode: Mode = _MODE
    promotion: Promotion = Field(
        default=Promotion.NO_HARM,
        description="Whether a promotion asks that it was shown, or only that no harm is likely.",
    )

    @model_validator(mode="after")
    def _margin_below_clip(self) -> Self:
        if self.margin >= self.clip:
            raise ValueError(
                "`margin` must be smaller than `clip`, or nothing could ever be shown"
            )
        return self


class DriftGate(Part):
    """Agreement of every session, asked again or not, against the primary's with itself as it was at first."""

    mode: Mode = Field(
        default=Mode.OBSERVE,
        description="Whether it only observes, holds, or also rolls back: see docs/statistics.md first.",
    )
    weight: Share = 0.15


class SampleRatioGate(Part):
    """Whether a canary step gives the candidate the part of the sessions that it says."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.001, description="How often all of canary may be held for it by mistake."
    )
    mode: Mode = Field(
        default=Mode.HOLD,
        description="Whether it only observes, or holds; it never rolls back.",
    )

    @field_validator("mode")
    @classmethod
    def _harms_nobody(cls, mode: Mode) -> Mode:
        if mode is Mode.ACT:
            raise ValueError(
                "a share that is not kept harms nobody and rolls nothing back: "
                "choose `hold` or `observe`"
            )
        return mode


class Gates(Grown):
    """The demands on the evidence. One margin serves promotion and rollback."""

    LATER: ClassVar[frozenset[str]] = frozenset(
        {
            "severe",
            "first_token",
            "schema_validity",
            "relative_latency",
            "sample_ratio",
            "unpaired_flags",
            "drift",
            "quality",
        }
    )

    equivalence: EquivalenceGate = EquivalenceGate()
    errors: ShareGate = ShareGate(at_most=0.0185, weight=0.30)
    latency: LatencyGate = LatencyGate(at_most=0.05, weight=0.20)
    flags: FlagsGate = FlagsGate(at_most=0.04, weight=0.15)
    severe: SevereGate = SevereGate(at_most=0.02, weight=0.02)
    first_token: FirstTokenGate = FirstTokenGate(at_most=0.05, weight=0.01)
    schema_validity: WatchGate = Field(
        default=WatchGate(at_most=0.02, weight=0.02),
        description="Answers of the wrong form where the primary's has the right one.",
    )
    relative_latency: RelativeLatencyGate | None = Field(
        default=None, description="Off unless written."
    )
    unpaired_flags: WatchGate = Field(
        default=WatchGate(at_most=0.04, weight=0.01),
        description="Flags of the candidate's answers beside which the primary was not asked.",
    )
    drift: DriftGate = DriftGate()
    quality: QualityGate | None = Field(
        default=None, description="Null: on where a `judge` grades the route, off elsewhere."
    )
    sample_ratio: SampleRatioGate = SampleRatioGate()
    missing_at_most: Share = Field(
        default=0.02, description="More missing scores than this: hold."
    )
    gaps_at_most: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.02, description="More requests that the candidate lacks the means for: hold."
    )

    @model_validator(mode="after")
    def _somebody_acts(self) -> Self:
        if all(
            gate.mode is not Mode.ACT
            for gate in (self.equivalence, self.errors, self.latency, self.flags)
        ):
            raise ValueError(
                "one of equivalence, errors, latency and flags must have `mode: act`, "
                "or nothing could ever roll back"
            )
        return self

    @field_validator(
        "errors",
        "latency",
        "flags",
        "severe",
        "first_token",
        "schema_validity",
        "unpaired_flags",
        mode="before",
    )
    @classmethod
    def _the_rest_by_default(cls, written: object, info: ValidationInfo) -> object:
        """A gate of which a part is written keeps its own defaults for the other parts."""
        if not isinstance(written, Mapping) or info.field_name is None:
            return written
        return cls.model_fields[info.field_name].default.model_dump() | dict(written)
