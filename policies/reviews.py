"""When the controller reviews the whole event log, by the clock of its clinics."""

from __future__ import annotations

from pydantic import Field

from policies.calendar import ClockTime
from policies.coverage import DayName
from policies.part import Part


class Review(Part):
    """Once a day everything that was ever recorded is held against what was signed of it. No demand of a rollout."""

    at: ClockTime | None = Field(
        default="03:10",
        description="The time of day at which it begins, in the deployment's zone; null for never.",
    )
    payloads: DayName | None = Field(
        default="sun",
        description="The day of the week on which every kept payload is opened too; null for never.",
    )
