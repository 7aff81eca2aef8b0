"""The steps of canary: how many sessions the candidate answers at each, in percent or by the day."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from policies.part import Part


class Step(Part):
    """One canary step: a percentage of sessions, or so many sessions of a busy day."""

    percent: Annotated[float, Field(gt=0, lt=100)] | None = None
    sessions: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Instead of `percent`: of the busiest day of the last seven, so many sessions.",
    )
    min_served: int = Field(
        default=50,
        ge=1,
        description="Sessions the candidate must have answered here; `sessions` where that is given.",
    )
    soak_s: float = Field(default=3600, ge=0)
    latency_evidence: bool = Field(
        default=False, description="Latency must be shown anew at this share."
    )

    @model_validator(mode="before")
    @classmethod
    def _serves_what_it_is_for(cls, written: object) -> object:
        """A step given in sessions asks for as many, unless it says otherwise."""
        if not isinstance(written, Mapping):
            return written
        sessions = written.get("sessions")
        if isinstance(sessions, int) and sessions > 0:  # what is wrong with it is told there
            return {"min_served": sessions, **written}
        return written

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.percent is None) == (self.sessions is None):
            raise ValueError("needs `percent` or `sessions`, one of them")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without `sessions` where it is not given: such a policy keeps its digest."""
        written: dict[str, Any] = handler(self)
        if self.sessions is None:
            written.pop("sessions", None)
        return written

    @property
    def size(self) -> str:
        """How much the candidate answers, in words."""
        return f"{self.percent:g} %" if self.sessions is None else f"{self.sessions:,} sessions"


def _rising(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    for name in ("percent", "sessions"):
        sizes = [size for step in steps if (size := getattr(step, name)) is not None]
        if any(later <= earlier for earlier, later in itertools.pairwise(sizes)):
            these = ", ".join(f"{size:g}" for size in sizes)
            raise ValueError(f"steps must rise from one to the next, these do not: {these}")
    return steps


Steps = Annotated[tuple[Step, ...], AfterValidator(_rising)]
"""Steps in order, each larger than those before it in the same measure."""
