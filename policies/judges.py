"""Models that give a second opinion beside the rules: entailment of sentences, and a judge of answers."""

from __future__ import annotations

from pydantic import Field

from policies.part import Part


class Opinion(Part):
    """A chat model of yours that is asked about answers. Answers of every tenant may be sent to it."""

    upstream: str = Field(description="An upstream with `location: onprem`; no cloud is asked.")
    model: str = Field(min_length=1, description="One of the upstream's `models`.")
    timeout_s: float = Field(default=10, gt=0, le=10, description="For one answer of it.")


class Nli(Opinion):
    """Whether a sentence of the candidate contradicts the primary's it is most like."""

    sample_percent: float = Field(
        default=100, ge=0, le=100, description="Of the exchanges that no rule flagged."
    )


class Judge(Opinion):
    """Whether two answers agree and how good each is, asked in both orders. Its grades are the gate `quality`."""

    sample_percent: float = Field(
        default=2,
        ge=0,
        le=100,
        description="Of all exchanges, for grades; it is asked about each that a rule flagged as well.",
    )
