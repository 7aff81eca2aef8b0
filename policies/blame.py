"""Who is rolled back first when several rollouts of one candidate become slow together."""

from __future__ import annotations

from pydantic import Field

from policies.part import Part


class Blame(Part):
    """The newest widening is undone first, and the others wait a while for its effect.

    Only what shares a server can cause is waited for, slowness, and only at the edge of being shown.
    """

    wait_s: float = Field(
        default=120,
        ge=0,
        le=600,
        description="So long a rollout's own rollback waits at most; 0 for never.",
    )
    widened_within_s: float = Field(
        default=86_400,
        gt=0,
        description="What was widened longer ago than this is not blamed for others.",
    )
    clear_factor: float = Field(
        default=10,
        ge=1,
        description="Evidence of harm beyond its level by this factor waits for nothing.",
    )
