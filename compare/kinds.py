"""Kinds of answers, and what compares each: the one place where a kind is added.

Text is compared by words and by a sentence encoder. What is no prose brings its own agreement,
which is a pure function and needs no encoder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from compare.comparators import (
    hallucination,
    opposites,
    ranking,
    structured,
    terms,
    tools,
    transcript,
    vectors,
    vision,
)
from compare.comparison import Finding
from compare.sides import Sides


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of answers is compared.

    `comparators` see whole answers; with `words` those of text are asked as well. `agreement` gives
    the signal `equivalence` in 0..1, or says in `missing` why it has none; without one, a sentence
    encoder does.
    """

    name: str
    comparators: tuple[Callable[[Sides], Finding], ...] = ()
    agreement: Callable[[Sides], Finding] | None = None
    words: bool = True


TEXT = Kind("text")
STRUCTURED = Kind("structured", (structured.structured,), structured.agreement, words=False)
TOOLS = Kind("tools", (tools.tools,), tools.agreement, words=False)
TOOLS_AND_WORDS = replace(TOOLS, words=True)
SEEN = Kind("seen", (vision.vision,))
CLOSED = Kind("closed", (vision.vision,), vision.agreement)
TRANSCRIPT = Kind(
    "transcript",
    (
        transcript.transcript,
        terms.terms,
        terms.grounded,
        opposites.opposites,
        hallucination.hallucination,
    ),
    transcript.agreement,
    words=False,
)
VECTORS = Kind("vectors", (vectors.vectors,), vectors.agreement, words=False)
RANKING = Kind("ranking", (ranking.ranking,), ranking.agreement, words=False)

_OF_DIALECT = {"embeddings": VECTORS, "rerank": RANKING, "score": RANKING}


def of(sides: Sides) -> Kind:
    """The kind that two answers are compared as."""
    if sides.dialect in _OF_DIALECT:
        return _OF_DIALECT[sides.dialect]
    if transcript.applies(sides):
        return TRANSCRIPT
    if tools.applies(sides):
        spoken = tools.said(sides.primary) and tools.said(sides.candidate)
        return TOOLS_AND_WORDS if spoken else TOOLS
    if structured.applies(sides):
        return STRUCTURED
    if vision.applies(sides):
        return CLOSED if vision.is_closed(sides) else SEEN
    return TEXT
