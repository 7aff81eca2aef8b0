"""What a model may be asked beside the rules, and what it may answer. Whoever keeps these shapes plugs in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

BEST_GRADE = 10


class Relation(StrEnum):
    """What a premise says of a hypothesis."""

    ENTAILS = "entails"
    NEUTRAL = "neutral"
    CONTRADICTS = "contradicts"


class Verdict(StrEnum):
    """Whether two answers say the same in all that matters to the patient."""

    AGREE = "agree"
    DIFFER = "differ"


@dataclass(frozen=True, slots=True)
class Claim:
    """Two sentences: does the premise entail the hypothesis, or contradict it?"""

    premise: str
    hypothesis: str

    @property
    def turned(self) -> Claim:
        """The same sentences in the other direction."""
        return Claim(self.hypothesis, self.premise)


@dataclass(frozen=True, slots=True)
class Question:
    """Two answers to one request. Nothing says which of them is whose."""

    request: str
    first: str
    second: str

    @property
    def turned(self) -> Question:
        """The same answers in the other order."""
        return Question(self.request, self.second, self.first)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A judge's verdict, in its own words what differs, and how good each answer is, the first first.

    Grades are whole numbers from 0 to `BEST_GRADE`; None of a judge that gives none.
    """

    verdict: Verdict
    difference: str = ""
    grades: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Unheard:
    """No opinion came, and why; the words hold nothing of an answer."""

    why: str


class Nli(Protocol):
    """Natural language inference."""

    @property
    def id(self) -> str:
        """The model's name. It may raise a `fail`, so evidence of two models is never mixed."""

    def relations(self, claims: Sequence[Claim]) -> list[Relation | Unheard]:
        """One a claim, in order."""


class Judge(Protocol):
    """Compares whole answers."""

    @property
    def id(self) -> str:
        """The model's name. Its grades are evidence, and those of two models are never mixed."""

    def rulings(self, questions: Sequence[Question]) -> list[Ruling | Unheard]:
        """One a question, in order."""
