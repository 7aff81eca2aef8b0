"""Clinical sign-off: pairs of answers that people who know must have read before a step."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from policies.part import Part
from policies.routes import Route


class SignedBefore(StrEnum):
    """Which step waits for it."""

    CANARY = "canary"  # before the candidate answers anyone
    LIVE = "live"  # before it answers all


class SignOff(Part):
    """How many pairs clinical reviewers must have labelled, and how many may be found wanting; none may be harmful."""

    pairs: int = Field(
        ge=1,
        le=1000,
        description="How many pairs: half the worst by their flags, half at random.",
    )
    routes: tuple[Route, ...] = Field(
        default=(Route.REASON, Route.AUDIO), min_length=1, description="Which ask for it."
    )
    not_acceptable_at_most: int = Field(
        default=0, ge=0, description="More pairs than this labelled not acceptable: hold."
    )
    before: SignedBefore = SignedBefore.CANARY

    @model_validator(mode="after")
    def _can_say_no(self) -> Self:
        if self.not_acceptable_at_most >= self.pairs:
            raise ValueError(
                "`not_acceptable_at_most` must be less than `pairs`, or no label could hold anything"
            )
        if Route.EMBED in self.routes:
            raise ValueError("`routes` has embed, whose vectors nobody can read; leave it out")
        return self
