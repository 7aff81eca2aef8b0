"""Is the patient allergic, and to what? What each side says of a substance, or of any at all."""

from __future__ import annotations

import re
from collections.abc import Callable

from compare.comparators.allergens import allergens, same_allergen
from compare.comparators.stated_allergies import ANY, Allergy, stated
from compare.comparison import Finding, Flag, Pair, Severity


def allergies(pair: Pair) -> Finding:
    """Flag `ALLERGY_POLARITY` and `ALLERGY_OTHER`, against the primary, or the prompt alone.

    Polarity (fail): the candidate says the opposite. Other: an allergen named by neither (fail),
    or one of the primary's missing from the candidate's own list (review).
    """
    ours, first = stated(pair.candidate), stated(pair.primary)
    theirs = first or stated(pair.prompt)
    for one in ours:
        for other in theirs:
            if _opposed(one, other, ours, theirs):
                words = f"{one.said}; elsewhere {other.said}"
                return Finding(flags=(Flag("ALLERGY_POLARITY", Severity.FAIL, words),))
    flag = _added(ours, theirs, pair) or _dropped(ours, first, pair.candidate)
    return Finding(flags=(flag,) if flag else ())


def _opposed(
    one: Allergy, other: Allergy, ours: tuple[Allergy, ...], theirs: tuple[Allergy, ...]
) -> bool:
    """The same substance both ways, or some allergy against none, of which the other side knows nothing."""
    if one.has is other.has:
        return False
    if ANY not in (one.substance, other.substance):
        return same_allergen(one.substance, other.substance) and not _says(one, theirs)
    none, some = (other, one) if one.has else (one, other)
    if none.substance != ANY or none.kind not in ("", some.kind):
        return False
    own = ours if none is one else theirs  # "Penicillin allergy; otherwise none" has it as well
    if any(each.has and same_allergen(each.substance, some.substance) for each in own):
        return False
    return not any(each.has is one.has and _covers(one, each) for each in theirs)


def _says(one: Allergy, others: tuple[Allergy, ...]) -> bool:
    return any(
        each.has is one.has and same_allergen(each.substance, one.substance) for each in others
    )


def _covers(one: Allergy, each: Allergy) -> bool:
    """Whether what else the other side says is of the kind as well."""
    return one.kind == each.kind or not (one.kind and each.kind)


def _added(ours: tuple[Allergy, ...], theirs: tuple[Allergy, ...], pair: Pair) -> Flag | None:
    """An allergen that neither primary nor prompt names, where they state others."""
    known = _listed(theirs)
    mentioned = _mentioned(f"{pair.primary}\n{pair.prompt}") if known else None
    for one in _listed(ours):
        if mentioned and not mentioned(one, known[0]):
            words = f"{one.said}; elsewhere {known[0].said}"
            return Flag("ALLERGY_OTHER", Severity.FAIL, words)
    return None


def _dropped(
    ours: tuple[Allergy, ...], first: tuple[Allergy, ...], candidate: str
) -> Flag | None:
    """An allergen of the primary's that the candidate, which lists others, does not name at all."""
    listed = _listed(ours)
    mentioned = _mentioned(candidate) if listed else None
    for other in _listed(first):
        if mentioned and not mentioned(other, listed[0]):
            words = f"{listed[0].said}; elsewhere {other.said}"
            return Flag("ALLERGY_OTHER", Severity.REVIEW, words)
    return None


def _mentioned(text: str) -> Callable[[Allergy, Allergy], bool]:
    """Whether a text names the substance of an allergy, or cannot be asked: its list is in another language."""
    families, squeezed = allergens(text), _squeezed(text)
    return lambda one, other: (
        any(same_allergen(one.substance, family) for family in families)
        or (
            one.as_written
            and (_heading(one) != _heading(other) or _squeezed(one.substance) in squeezed)
        )
    )


def _squeezed(text: str) -> str:
    return re.sub(r"[\s-]+", "", text.casefold())


def _heading(one: Allergy) -> str:
    """The language of the heading or verb that an allergy was stated with."""
    said = one.said.casefold()
    return "en" if "allerg" in said else "ms" if "al" in said else "zh"


def _listed(said: tuple[Allergy, ...]) -> tuple[Allergy, ...]:
    return tuple(one for one in said if one.has and one.substance != ANY)
