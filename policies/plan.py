"""A fleet plan: which rollouts go how far, from when, and what must have held before."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from policies.calendar import Moment, RolloutPattern, beginning
from policies.part import Part

PlanName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]

MIRROR, LIVE = 0, 1000
"""How far a rollout has come, as a number: mirror, 1 for the first step and so on, live."""


class Entry(Part):
    """Some rollouts of a plan: how far they may go, from when, and after what."""

    name: PlanName
    rollouts: tuple[RolloutPattern, ...] = Field(
        min_length=1, description="Which rollouts, as in clinic-a/* or */audio."
    )
    until: str = Field(
        default="live",
        pattern=r"^(mirror|live|step [1-9]\d?)$",
        description="How far they may go: mirror, `step N` counted from 1, or live.",
    )
    day: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="From this day of the plan on; day 1 is `starts`.",
    )
    not_before: Moment | None = Field(default=None, description="From this moment on.")
    if_held: tuple[PlanName, ...] = Field(
        default=(), description="Earlier entries that must stand where they were to get."
    )
    held_hours: float = Field(
        default=0, ge=0, le=10_000, description="For how long they must have stood there."
    )
    drill: bool = Field(
        default=False,
        description="Who waits for this entry also waits for a rollback drill of its rollouts.",
    )

    @property
    def goal(self) -> int:
        """How far its rollouts may go: MIRROR, the number of a step, or LIVE."""
        step = re.fullmatch(r"step (\d+)", self.until)
        return int(step[1]) if step else (MIRROR if self.until == "mirror" else LIVE)


class Plan(Part):
    """What goes on when, over a whole fleet. It is declared once, under its name, with its rollouts."""

    name: PlanName
    starts: Moment | None = Field(
        default=None, description="Day 1, by the clock of `calendar.zone`; needed for `day`."
    )
    false_discoveries: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.10, description="The share of its promotions that may be false (e-BH)."
    )
    entries: tuple[Entry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _days_have_a_first(self) -> Self:
        if self.starts is None and any(entry.day is not None for entry in self.entries):
            raise ValueError("`day` counts from `starts`, which is missing")
        return self

    def begins(self, entry: Entry) -> datetime | None:
        """From when an entry goes on, by the calendar's wall clock; None for at once."""
        if entry.not_before is not None:
            return beginning(entry.not_before)
        if entry.day is None or self.starts is None:
            return None
        return beginning(self.starts) + timedelta(days=entry.day - 1)
