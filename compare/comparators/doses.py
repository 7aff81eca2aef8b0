"""Does the candidate give the doses that were given? Medicine by medicine, against primary and prompt.

A failure is a medicine with another dose, frequency or way than primary and prompt have, and the
primary's number with another unit of mass. In a note, which tells what was said, so is a dose that
nobody gave, whatever it is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compare.comparators.given import Given, amount_of
from compare.comparators.medicines import NOTES
from compare.comparators.prescriptions import Dose, Prescribed, doses_in, prescribed
from compare.comparators.quantities import Quantity, quantities
from compare.comparison import Finding, Flag, Pair, Severity

_DAILY = 1  # the plain "daily" goes without saying
_COUNTED = frozenset({"tablet", "puff", "drop"})
_MEASURED = frozenset({"mg", "iu", "ml"})  # kinds that a medicine is measured in
_MADE_UP = frozenset({"mg", "iu"})  # kinds that are a dose even where no medicine is near


def doses(pair: Pair) -> Finding:
    """Signals `doses_supported`, the share of the candidate's doses and frequencies without a conflict, and
    `medications_f1`, what it says of each medicine against what the primary does; flag `DOSE_CONFLICT`.
    """
    ours, given = prescribed(pair.candidate), Given.of(pair)
    conflicts = [
        *_other_doses(pair, given),
        *_other_units(pair, given),
        *_other_times(ours, pair, given),
        *_other_ways(ours, given),
    ]
    told = len(doses_in(pair.candidate)) + sum(len(one.times) for one in ours.values())
    flags = (Flag("DOSE_CONFLICT", Severity.FAIL, conflicts[0]),) if conflicts else ()
    supported = 1 - min(len(set(conflicts)), told) / told if told else 1.0
    signals = {
        "doses_supported": supported,
        "medications_f1": _f1(_facts(ours), _facts(given.primary)),
    }
    return Finding(signals, flags)


def _other_doses(pair: Pair, given: Given) -> Iterator[str]:
    """Doses that nobody gives, or gives another medicine alone."""
    ours, note = prescribed(pair.candidate), pair.route in NOTES
    for one in doses_in(pair.candidate):
        if given.has(one):
            continue
        if was := _instead(one, ours, given, note=note):
            yield f"{one.of} {one.quantity.said}; {was}"
        elif note and amount_of(one.quantity) not in given.amounts and _surely_a_dose(one):
            words = f"{one.of} {one.quantity.said}".strip()
            yield f"{words}; neither primary nor prompt has this dose"


def _instead(one: Dose, ours: Mapping[str, Prescribed], given: Given, *, note: bool) -> str:
    """What the primary says of the medicine in place of this dose, or in a note the prompt; empty for nothing.

    Beyond notes more may be said: there, a dose that the candidate has as well was not replaced.
    """
    sources = [
        ("the primary", given.primary),
        *([("the prompt", given.prompt)] if note else []),
    ]
    for who, whose in sources:
        theirs = whose[one.of].doses if one.of in whose else {}
        for amount, said in theirs.items():
            kept = not note and amount in ours[one.of].doses
            other = amount != amount_of(one.quantity)
            if other and amount[1] == one.quantity.kind and not kept:
                return f"{who} says {said}"
    return ""


def _surely_a_dose(one: Dose) -> bool:
    return one.quantity.kind in _MADE_UP or (bool(one.of) and one.quantity.kind not in _COUNTED)


def _other_units(pair: Pair, given: Given) -> Iterator[str]:
    """The primary's number with another unit of mass, or of another kind, about the same thing."""
    said = [one for one in quantities(pair.candidate) if one.kind in _MEASURED]
    ours = {amount_of(one) for one in said}
    for was in quantities(pair.primary):
        if was.kind not in _MEASURED or amount_of(was) in ours:
            continue
        for one in said:
            other = one.number == was.number and _other_measure(one, was)
            known = amount_of(one) in given.amounts
            if other and not known and _about_the_same(pair, one, was):
                yield f"{one.said}; the primary says {was.said}"


def _other_measure(one: Quantity, was: Quantity) -> bool:
    """Whether units differ as no two spellings of one dose do; food is weighed in grams or measured as it comes."""
    if one.kind == was.kind:
        return one.value != was.value
    return not any(each.kind == "mg" and each.value > each.number for each in (one, was))


def _about_the_same(pair: Pair, one: Quantity, was: Quantity) -> bool:
    return bool(_around(pair.candidate, one) & _around(pair.primary, was))


def _around(text: str, one: Quantity) -> set[str]:
    near = text[max(0, one.at[0] - 40) : one.at[0]] + " " + text[one.at[1] : one.at[1] + 20]
    return set(re.findall(r"[a-z]{5,}|[\u3400-\u9fff]{2}", near.lower()))


def _other_times(ours: Mapping[str, Prescribed], pair: Pair, given: Given) -> Iterator[str]:
    """A medicine given more or less often than primary and prompt say; in a note, as often as nobody says."""
    for name, mine in ours.items():
        theirs = given.primary[name].times if name in given.primary else {}
        asked = given.prompt[name].times if name in given.prompt else {}
        loose = [times for times in mine.times if times not in theirs and times not in asked]
        if theirs and loose and len(loose) == len(mine.times):
            was = next(iter(theirs.values()))
            yield f"{name} {mine.times[loose[0]]}; the primary says {was}"
        elif pair.route in NOTES:
            for times in loose:
                if times not in given.times and times != _DAILY:
                    yield f"{name} {mine.times[times]}; neither primary nor prompt says so"


def _other_ways(ours: Mapping[str, Prescribed], given: Given) -> Iterator[str]:
    """A medicine by another way than the primary's, which the prompt does not have either."""
    for name, mine in ours.items():
        theirs = given.primary[name].ways if name in given.primary else {}
        asked = given.prompt[name].ways if name in given.prompt else {}
        if mine.ways and theirs and not mine.ways.keys() & (theirs.keys() | asked.keys()):
            yield f"{name} {next(iter(mine.ways))}; the primary says {next(iter(theirs))}"


def _facts(told: Mapping[str, Prescribed]) -> set[tuple[object, ...]]:
    """Each medicine with each dose, frequency and way, and alone where nothing more is said of it."""
    return {
        (name, *fact)
        for name, one in told.items()
        for fact in [
            *one.doses,
            *((times,) for times in one.times),
            *((way,) for way in one.ways),
        ]
    }


def _f1(ours: set[tuple[object, ...]], theirs: set[tuple[object, ...]]) -> float:
    if not ours and not theirs:
        return 1.0
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))
