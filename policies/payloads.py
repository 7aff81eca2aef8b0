"""How long a tenant's payloads are kept: what clients and models said, and the words that flags quote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from policies.part import Part

DEFAULT_DAYS = 90
"""What pairs cited as evidence of an approval ask for; long enough for a promotion and the incident after it."""
LONGEST_DAYS = 3_660


class Payloads(Part):
    """How long what clients and models said is kept, from when the request was accepted."""

    keep: Literal["none", "until_scored"] | int = Field(
        default=DEFAULT_DAYS,
        description="`none`, `until_scored`, or so many days.",
        json_schema_extra={"minimum": 1, "maximum": LONGEST_DAYS},
    )
    minimum_days: int = Field(
        default=0,
        ge=0,
        le=LONGEST_DAYS,
        description="The law's minimum: nothing is erased sooner, whoever asks for it.",
    )

    @field_validator("keep", mode="wrap")
    @classmethod
    def _is_a_word_or_days(cls, value: object, _: Callable[[object], object]) -> object:
        if isinstance(value, str) and value in {"none", "until_scored"}:
            return value
        if isinstance(value, int) and value is not True and 1 <= value <= LONGEST_DAYS:
            return value
        raise ValueError(f"must be `none`, `until_scored` or days, from 1 to {LONGEST_DAYS}")

    @property
    def days(self) -> int | None:
        """How many; None where they are kept for no longer than they are worked on."""
        return self.keep if isinstance(self.keep, int) else None

    @model_validator(mode="after")
    def _the_law_is_kept(self) -> Self:
        if self.minimum_days > (self.days or 0):
            raise ValueError("`keep` must be at least the days of `minimum_days`")
        return self
