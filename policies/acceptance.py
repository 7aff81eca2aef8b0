"""Whether a candidate must have passed `crossfade acceptance` before it answers anyone."""

from __future__ import annotations

from pydantic import Field

from policies.part import Part


class Acceptance(Part):
    """A report as a gate before canary. Off unless written."""

    required: bool = Field(
        default=False, description="No canary without a passed report of this candidate."
    )
    max_age_days: float = Field(
        default=30, gt=0, le=3650, description="An older report counts no more."
    )
