"""What a tenant with little traffic may lean on: what other tenants of the same model have shown."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from policies.part import Part


class BetsFrom(StrEnum):
    """What decides how a gate's evidence is spread over its bets, before a stage begins."""

    POOL = "pool"  # what the sessions of other tenants of the same model favoured
    UNIFORM = "uniform"  # all alike


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
