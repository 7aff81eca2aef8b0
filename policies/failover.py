"""When the candidate is given up for one request, and when for all of them for a while."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from policies.part import Grown, Part


class Deadlines(Part):
    """How long the candidate may take before the primary answers in its place."""

    first_event_s: float = Field(default=10, gt=0, description="For a stream's first content.")
    answer_s: float = Field(
        default=60, gt=0, description="For a whole answer; the most that a budget may come to."
    )
    answer_base_s: float = Field(
        default=10,
        gt=0,
        description="Budget of a whole answer whose request says how long it may be: this,",
    )
    answer_per_token_s: float = Field(
        default=0.1, ge=0, description="and this for each token that it may have."
    )
    answer_per_mb_s: float = Field(
        default=10, ge=0, description="For an uploaded recording: base, and this for each MB."
    )

    def budget_s(self, tokens: int | None, upload_bytes: int | None = None) -> float:
        """For a whole answer of at most so many tokens, or to an upload of so many bytes.

        None where the request does not say how many tokens, and where it is no upload.
        """
        if upload_bytes is not None:
            needs_s = self.answer_base_s + upload_bytes / 1e6 * self.answer_per_mb_s
            return min(self.answer_s, needs_s)
        if tokens is None:
            return self.answer_s
        return min(self.answer_s, self.answer_base_s + tokens * self.answer_per_token_s)


class CircuitBreaker(Grown):
    """Keeps requests away from a candidate that fails too often. It moves no stage."""

    LATER: ClassVar[frozenset[str]] = frozenset({"abandoned_after_s"})

    window_s: float = Field(default=60, gt=0)
    at_least: int = Field(default=20, ge=1, description="Requests in the window.")
    failed_at_most: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.05, description="A larger share of failures opens it."
    )
    rest_s: float = Field(default=10, gt=0, description="Before one request tries it again.")
    evidence_after_s: float = Field(
        default=60,
        ge=0,
        description="Open for longer: each request kept away counts as the candidate's failure.",
    )
    abandoned_after_s: float = Field(
        default=2.5,
        ge=0,
        description="A client that leaves after so long with nothing, or with nothing new of a "
        "stream, and after the target of `gates.latency`, counts as a failure.",
    )
