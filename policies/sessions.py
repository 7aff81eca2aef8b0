"""How a request says which conversation it belongs to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from policies.part import Part


class Sign(StrEnum):
    """A place where a request may name its conversation."""

    HEADER = "header"  # the header that `session_header` names
    METADATA = "metadata"  # a key of the body's `metadata`
    CONVERSATION = "conversation"  # `conversation` or `previous_response_id`
    END_USER = "end_user"  # `user` or `safety_identifier`
    OPENING = (
        "opening"  # instructions and first user message, which every later request repeats
    )


class SessionSigns(Part):
    """Which signs are believed, in which order: the first that a request has names its session."""

    identify: tuple[Sign, ...] = Field(
        default=tuple(Sign),
        description="Signs in the order they are looked for; without any, every request is a session.",
    )
    metadata: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        default=("session_id", "conversation_id"),
        min_length=1,
        description="Keys of the body's `metadata` that name a session, the first one there counts.",
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.identify)) != len(self.identify):
            raise ValueError("`identify` names a sign twice; each has one place in the order")
        return self
