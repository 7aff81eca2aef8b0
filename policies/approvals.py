"""Which steps people decide, how many of them, and what their no is worth."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from policies.part import Grown, Part


class Rejected(Part):
    """When the controller may propose again what somebody rejected: at the first of the two."""

    rest_s: float = Field(default=86_400, ge=0, description="So long after the rejection.")
    grown: float = Field(
        default=0.5,
        gt=0,
        description="Or with so much more evidence: 0.5 is half as many sessions again.",
    )


class Approvals(Grown):
    """How many people must agree before the candidate answers anyone, and before it answers all."""

    LATER: ClassVar[frozenset[str]] = frozenset({"rejected", "ticket"})

    to_canary: int = Field(default=1, ge=0, le=3)
    to_live: int = Field(default=1, ge=0, le=3)
    expire_s: float = Field(default=86_400, gt=0)
    rejected: Rejected = Rejected()
    ticket: Literal["optional", "required"] = Field(
        default="optional",
        description="Whether each approval needs the number of a change ticket, its own or its proposal's.",
    )
