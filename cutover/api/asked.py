"""What requests to the control API ask, as types that say what is wrong with what they are given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from cutover.approving import tickets

REASON_LIMIT = 500
NAME_LIMIT = 200
PAGE_LIMIT = 200
HIGHEST = 2**53
"""Whole numbers that every reader of JSON can tell apart."""


class Asked(BaseModel):
    """The body of a request: exactly these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _words(text: str, most: int) -> str:
    said = text.strip()
    if not 1 <= len(said) <= most:
        raise ValueError(f"must have 1 to {most} characters")
    if not said.isprintable():
        raise ValueError("must not contain control characters, line breaks included")
    return said


def reason(text: str) -> str:
    """A reason a person gives: 1 to 500 printable characters. Raises ValueError."""
    return _words(text, REASON_LIMIT)


def name(text: str) -> str:
    """A name a person gives: 1 to 200 printable characters. Raises ValueError."""
    return _words(text, NAME_LIMIT)


def seconds(highest: int, lowest: int = 1) -> BeforeValidator:
    """How long something lasts; a form may also send an empty text for no number. Raises ValueError."""

    def bounded(given: object) -> object:
        if given in (None, ""):
            return None
        number = int(given[:20]) if isinstance(given, str) and _is_number(given) else given
        if not isinstance(number, int) or not lowest <= number <= highest:
            raise ValueError(
                f"must be a whole number of seconds from {lowest} to {highest}; "
                f"`--for` takes {_span(lowest)} to {_span(highest)}"
            )
        return number

    return BeforeValidator(bounded)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _span(seconds: int) -> str:
    """Seconds as people write them: 30s, 10m, 2h, 90d."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


# What a validator says is better read than what a limit of the schema says, so that is told beside.
Reason = Annotated[
    str,
    AfterValidator(reason),
    Field(
        description="Why, in a person's words.",
        json_schema_extra={"minLength": 1, "maxLength": REASON_LIMIT},
    ),
]
Name = Annotated[
    str,
    AfterValidator(name),
    Field(json_schema_extra={"minLength": 1, "maxLength": NAME_LIMIT}),
]
Ticket = Annotated[
    str,
    AfterValidator(tickets.fit),
    Field(
        description='The number of a change ticket, as in CHG-4711; "" for none.',
        json_schema_extra={"pattern": tickets.PATTERN},
    ),
]
Scope = Annotated[str, Field(max_length=NAME_LIMIT, description='Which one; "" for every one.')]

ReasonAsked = Annotated[Reason, Query()]
ScopeAsked = Annotated[Scope, Query()]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="How many at most.")]
Before = Annotated[
    int | None, Query(ge=1, le=HIGHEST, description="The cursor that the last page gave.")
]


class Why(Asked):
    """What needs nothing but a reason."""

    reason: Reason
