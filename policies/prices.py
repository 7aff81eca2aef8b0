"""What an answer costs at an upstream, and how much of that a day may come to."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from policies.part import Part

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code. Nothing here knows a rate of exchange."""


CHARGED = ("input", "output", "audio_minute")
"""What a model charges for."""


class Price(Part):
    """Of one model. What is left out costs nothing, so a budget asks that it is written."""

    input: float = Field(default=0, ge=0, description="For a million tokens of requests.")
    output: float = Field(default=0, ge=0, description="For a million tokens of answers.")
    audio_minute: float = Field(default=0, ge=0, description="For a minute of a recording.")
    currency: Currency = "USD"

    @model_validator(mode="after")
    def _says_a_price(self) -> Self:
        if not self.model_fields_set & set(CHARGED):
            raise ValueError(
                "names no price: write `input` and `output`, or `audio_minute`; 0 where it is free"
            )
        return self


class Money(Part):
    """An amount of a currency."""

    amount: float = Field(gt=0)
    currency: Currency = "USD"


ANY_MODEL = "*"
"""In place of a model's name: every model that has no price of its own."""
