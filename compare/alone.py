"""What an answer shows by itself, with nothing but its request beside it.

After the switch most answers have no other side. These comparators need none: each sees marks that no
good answer has, and lets pass what the request holds as well. Whether an answer is right they cannot say.
"""

from __future__ import annotations

from dataclasses import replace

from compare.canonical import Answer
from compare.comparators import Comparator, structured
from compare.comparators.injection import injection
from compare.comparators.legible import legible
from compare.comparators.protocol import empty
from compare.comparators.repetition import repetition
from compare.comparators.template import template
from compare.comparison import Finding, Flag, Pair
from compare.kinds import STRUCTURED, TRANSCRIPT, Kind
from compare.sides import Sides

COMPARATORS: tuple[Comparator, ...] = (repetition, template, injection, legible)

_SAYS_SOMETHING = Answer(text="?")


def found(pair: Pair, kind: Kind, sides: Sides) -> Finding:
    """Signals and flags of the candidate's answer.

    Flags of severity `fail`: EMPTY, ILLEGIBLE, JUDGE_INJECTION, REPETITION, SCHEMA_INVALID and TEMPLATE_LEAK.
    """
    told = [Finding(flags=_empty(kind, sides.candidate))]
    if kind.words and pair.candidate.strip():
        told += [comparator(replace(pair, primary="")) for comparator in COMPARATORS]
    if kind is STRUCTURED:
        told.append(structured.alone(sides))
    signals = {name: x for one in told for name, x in one.signals.items()}
    return Finding(signals, tuple(flag for one in told for flag in one.flags))


def _empty(kind: Kind, candidate: Answer) -> tuple[Flag, ...]:
    """Of a silent recording nothing is the right answer."""
    return () if kind is TRANSCRIPT else empty(primary=_SAYS_SOMETHING, candidate=candidate)
