"""Values that differ and that nobody said: another dose, date or word than the primary took from the prompt."""

from __future__ import annotations

from compare.comparators.dates import days, days_in
from compare.comparators.fields import Leaf, Sort, is_allergy, is_counted, is_dosed
from compare.comparators.lexical import normalised
from compare.comparators.quantities import Quantity, quantities
from compare.documents import readable

_LONGEST = 20_000  # characters of one text that are looked at
LONGEST_PROMPT = 200_000


def ungrounded(
    differ: list[Leaf], every: tuple[Leaf, ...], prompt: str, listed: frozenset[str]
) -> list[Leaf]:
    """Values that the primary took from the prompt, where the candidate's are in neither of the two.

    Of values that the schema lists nobody knows whether they were taken or judged.
    """
    prompt = readable(prompt, LONGEST_PROMPT)
    asked, dated = _amounts(quantities(prompt)), days_in(prompt)
    numbers = asked | {value for leaf in every for value in _numbers(leaf.primary)}
    words = f" {normalised(prompt)} "
    known = words + " ".join(_text(leaf.primary) for leaf in every)
    ours = " ".join(_text(leaf.candidate) for leaf in every)

    def conflicts(leaf: Leaf) -> bool:
        if is_allergy(leaf.path):
            return _other_allergy(leaf, words, known, ours)
        if leaf.sort is Sort.NUMBER:
            theirs = _numbers(leaf.primary)
            if _other_amount(leaf, asked):
                return True
            return bool(theirs) and theirs <= asked and not _numbers(leaf.candidate) & numbers
        if leaf.sort is not Sort.EXACT or leaf.candidate in listed:
            return False
        if day := days(str(leaf.primary)):
            return bool(day & dated) and not days(str(leaf.candidate)) & dated
        was, now = _text(leaf.primary), _text(leaf.candidate)
        return min(len(was), len(now)) > 4 and was in words and now not in known

    return [leaf for leaf in differ if conflicts(leaf)]


def _other_allergy(leaf: Leaf, asked: str, known: str, ours: str) -> bool:
    """Whether an allergen of the prompt is lost, or one that nobody named is there."""
    was, now = (
        [word for word in _text(said).split() if len(word) > 3 or not word.isascii()]
        for said in (leaf.primary, leaf.candidate)
    )
    lost = any(word in asked for word in was) and not any(word in ours for word in was)
    return lost or (bool(now) and not any(word in known for word in now))


def _other_amount(leaf: Leaf, asked: frozenset[float]) -> bool:
    """Whether an amount is another than the primary's, beyond rounding, and not the prompt's.

    A dose has to be known from somewhere. Totals, prices and ages may be made up where the prompt holds
    none to work them out from: "three ideas" has one number.
    """
    grounds = len([number for number in asked if number > 1]) > 1
    if not (is_dosed(leaf.path) or (grounds and is_counted(leaf.path))):
        return False
    ours, theirs = _numbers(leaf.candidate), _numbers(leaf.primary)
    rounded = any(
        round(one, digits) == other or round(other, digits) == one
        for one in ours
        for other in theirs
        for digits in range(3)
    )
    return bool(ours and theirs) and not ours & asked and not rounded


def _text(value: object) -> str:
    """A text's words between blanks, so that it is found as whole words."""
    return f" {normalised(value[:_LONGEST])} " if isinstance(value, str) else ""


def _numbers(value: object) -> frozenset[float]:
    if isinstance(value, str):
        return _amounts(quantities(value[:200]))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return frozenset({round(float(value), 9)}) if abs(value) < 1e15 else frozenset()
    return frozenset()


def _amounts(found: tuple[Quantity, ...]) -> frozenset[float]:
    """Their numbers as written and in the base units, so that 0.5 g grounds 500 as well."""
    return frozenset(one.value for one in found) | frozenset(one.number for one in found)
