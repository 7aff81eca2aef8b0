"""What follows a rollback: how long a rollout rests, and who mirrors it again."""

from __future__ import annotations

import itertools
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from policies.part import Part


class RetriedBy(StrEnum):
    """Who mirrors again what was rolled back for harm."""

    CONTROLLER = "controller"  # as often as there are rests, and then a person
    PERSON = "person"


class Retry(Part):
    """After a rollback. What a person rolled back, only a person mirrors again."""

    by: RetriedBy = RetriedBy.CONTROLLER
    rests: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(1, 6, 24),
        min_length=1,
        description="After the first, second, ... rollback, as multiples of `cooldown_s`.",
    )

    @field_validator("rests")
    @classmethod
    def _never_shorter(cls, rests: tuple[float, ...]) -> tuple[float, ...]:
        if any(later < earlier for earlier, later in itertools.pairwise(rests)):
            these = ", ".join(f"{rest:g}" for rest in rests)
            raise ValueError(f"no rest may be shorter than the one before: {these}")
        return rests

    def rest(self, attempt: int) -> float:
        """The rest after an attempt, counted from 1, as a multiple; the last one holds from there on."""
        return self.rests[min(attempt, len(self.rests)) - 1]
