"""What a tenant with little traffic may lean on: what other tenants of the same model have shown."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from policies.calendar import ClockTime
from policies.part import Part


class BetsFrom(StrEnum):
    """What decides how a gate's evidence is spread over its bets, before a stage begins."""

    POOL = "pool"  # what the sessions of other tenants of the same model favoured
    UNIFORM = "uniform"  # all alike


class Resend(Part):
    """When stored requests may be sent to the candidate again, and how many: `crossfade resend`."""

    start: ClockTime = Field(
        default="22:00",
        description="On the clock of `coverage.zone`; past midnight where it ends before.",
    )
    end: ClockTime = "05:00"
    per_hour: int = Field(default=60, ge=1, le=3600, description="Requests an hour at most.")
    per_day: int = Field(default=200, ge=1, description="Requests in any 24 hours at most.")
    at_most: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.5, description="So much of the sessions of a mirror may be resent ones."
    )
    busy_from: int = Field(
        default=10,
        ge=1,
        description="With so many requests of people a minute for the candidate's upstream it stops.",
    )

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.start in (self.end, "24:00"):
            raise ValueError("`start` and `end` must differ, and a day starts at 00:00")
        return self


class LowTraffic(Part):
    """How tenants of one model help each other to evidence. Scores alone are pooled, never words."""

    bets: BetsFrom = Field(
        default=BetsFrom.POOL,
        description="What the bets of a stage are weighted by: other tenants' scores, or all alike.",
    )
    pooled_gate: bool = Field(
        default=False,
        description="Whether a promotion out of mirror may rest on all tenants of the model together.",
    )
    pooled_from: int = Field(
        default=100,
        ge=1,
        description="So many sessions of its own a tenant needs before it may rest on the pool.",
    )
    resend: Resend | None = Field(
        default=None,
        description="Stored requests that are sent again by night; none unless written.",
    )
