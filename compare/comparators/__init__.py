"""The comparators, in the order in which their findings are shown. Each asks one question of a pair.

A comparator is a pure function of a `Pair`; `alignment` asks its question of sentence vectors and
`protocol` of the replies, so the scorer calls them itself.
"""

from __future__ import annotations

from collections.abc import Callable

from compare.comparators.allergies import allergies
from compare.comparators.coverage import coverage
from compare.comparators.doses import doses
from compare.comparators.ending import ending
from compare.comparators.grounding import grounding
from compare.comparators.injection import injection
from compare.comparators.language import language
from compare.comparators.laterality import laterality
from compare.comparators.legible import legible
from compare.comparators.length import length
from compare.comparators.lexical import lexical
from compare.comparators.medicines import medicines
from compare.comparators.negation import negation
from compare.comparators.notation import notation
from compare.comparators.numbers import numbers
from compare.comparators.refusal import refusal
from compare.comparators.repetition import repetition
from compare.comparators.sections import sections
from compare.comparators.template import template
from compare.comparators.vitals import vitals
from compare.comparison import Finding, Pair

Comparator = Callable[[Pair], Finding]

VERSION = "text-5"
"""Changes with every change of a comparator or a constant: evidence of two versions is never mixed."""

OF_TEXT: tuple[Comparator, ...] = (
    refusal,
    language,
    repetition,
    template,
    injection,
    legible,
    doses,
    notation,
    numbers,
    vitals,
    medicines,
    laterality,
    allergies,
    negation,
    grounding,
    sections,
    ending,
    length,
    lexical,
    coverage,
)
