"""Did both hear the same medicines, doses, numbers, sides and denials? What matters in a visit's words.

A transcript holds all that was said, so what the candidate lost weighs as much as what it added. How
a thing was written down does not matter: "five hundred milligrams" is 500 mg, a brand its generic.
What was expected to be heard, a recogniser's prompt, is no ground for having heard it. Tamil's number
words are not read: where they may be what the other side has in digits, doses and numbers are not compared.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Iterable

from compare.comparators.allergies import allergies
from compare.comparators.doses import doses
from compare.comparators.drugs import Drug, drugs
from compare.comparators.frequencies import frequencies
from compare.comparators.injection import injection
from compare.comparators.language import language
from compare.comparators.laterality import laterality, sided
from compare.comparators.legible import legible
from compare.comparators.length import length
from compare.comparators.lexical import lexical
from compare.comparators.medicines import medicines
from compare.comparators.negation import negation, stated
from compare.comparators.prescriptions import is_dose
from compare.comparators.quantities import Quantity, number_of, quantities
from compare.comparators.refusal import refusal
from compare.comparators.repetition import repetition
from compare.comparators.template import template
from compare.comparators.transcript import aligned, spoken
from compare.comparison import Finding, Flag, Pair, Severity
from compare.sides import Sides
from compare.speech import LONGEST, Heard, words

_SURE = frozenset({"mg", "ml", "iu"})  # kinds that are a dose wherever they stand
_SMALL = 12  # numbers that stand everywhere, and are written as words or digits
_SHOWN = 4
_DIGITS = 5  # of a number that may be written in groups
_AND_A_HALF = re.compile(
    r"\b(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten) and (?:a|one) half\s+",
    re.IGNORECASE,
)
_TAMIL = re.compile("[\u0b80-\u0bff]")
_DATE = re.compile(r"\b\d{1,2}([/.-])\d{1,2}\1(?:19|20)?(\d\d)\b")
_PART = re.compile(r"(?:\ba |\bone )?(\bquarter|\bhalf|(?<![\d/])1/2|½|(?<![\d/])1/4|¼)(?: of an?| an?)?\s+(?=(?:micro|milli)?grams?\b|m?c?g\b|tablets?\b|pills?\b)", re.IGNORECASE)  # fmt: skip
_PARTS = {
    "quarter": "0.25",
    "1/4": "0.25",
    "¼": "0.25",
    "half": "0.5",
    "1/2": "0.5",
    "½": "0.5",
}
# Without `numbers`, `notation` and `vitals`: they ask how a number is written as well.
_OF_WORDS: tuple[Callable[[Pair], Finding], ...] = (
    refusal, language, repetition, template, injection, legible, doses, medicines, laterality,
    allergies, negation, length, lexical,
)  # fmt: skip


def grounded(sides: Sides) -> Finding:
    """What the comparators of words find in two transcripts, grounded in the primary's alone."""
    pair = _pair(sides)
    if not pair.candidate.strip():
        return Finding()
    unread = _unread(pair)
    found = [one(pair) for one in _OF_WORDS if not (unread and one is doses)]
    signals = {name: value for one in found for name, value in one.signals.items()}
    return Finding(signals, tuple(flag for one in found for flag in one.flags))


def terms(sides: Sides) -> Finding:
    """Signal `terms_f1`, over all terms of both; flags `TERM_ERROR`, for a medicine or dose of the primary that
    the candidate lacks (fail), and `NUMBER_UNSUPPORTED`, for numbers of one side alone (review).
    """
    pair = _pair(sides)
    ours, theirs = _terms(pair.candidate), _terms(pair.primary)
    found = Finding({"terms_f1": _f1(ours, theirs)})
    if not pair.candidate.strip():
        return found
    if _unread(pair):
        return _without_numbers(pair, sides)
    language = spoken(sides)
    lost = [
        *_lost_medicines(pair, aligned(sides)),
        *_lost_doses(pair, language),
        *_lost_times(pair),
    ]
    other = _other_numbers(pair, language)
    flags = []
    if lost:
        flags.append(Flag("TERM_ERROR", Severity.FAIL, "; ".join(lost[:_SHOWN])))
    if other:
        flags.append(Flag("NUMBER_UNSUPPORTED", Severity.REVIEW, "; ".join(other)))
    return Finding(found.signals, tuple(flags))


def _without_numbers(pair: Pair, sides: Sides) -> Finding:
    """What is told of medicines alone; there is no `terms_f1` of half of the terms."""
    flags = [Flag("NUMBERS_UNCHECKED", Severity.INFO, "Tamil's number words are not read")]
    if lost := _lost_medicines(pair, aligned(sides)):
        flags.append(Flag("TERM_ERROR", Severity.FAIL, "; ".join(lost[:_SHOWN])))
    return Finding(flags=tuple(flags))


def _unread(pair: Pair) -> bool:
    """Whether a side is in Tamil and another count of numbers is read there: some may stand in words."""
    ours, theirs = (
        (len(quantities(said)), len(frequencies(said)))
        for said in (pair.candidate, pair.primary)
    )
    return ours != theirs and bool(_TAMIL.search(pair.primary + pair.candidate))


def _pair(sides: Sides) -> Pair:
    """Both transcripts, of bounded length, with fractions in figures, and no prompt."""
    primary, candidate = (
        _figured(one.said[:LONGEST]) for one in (sides.primary, sides.candidate)
    )
    return Pair(sides.route, "", primary, candidate)


def _figured(text: str) -> str:
    """The text with the fractions that people say as figures: "two and a half" is 2.5."""
    mixed = _AND_A_HALF.sub(lambda match: f"{number_of(match[1]) + 0.5:g} ", text)
    return _PART.sub(lambda match: f"{_PARTS[match[1].lower()]} ", mixed)


def _terms(text: str) -> set[Hashable]:
    amounts = ((one.value, one.kind) for one in quantities(text) if not _trivial(one))
    findings = ((one.finding, one.there) for one in stated(text))
    parts = ((one.part, one.side) for one in sided(text))
    return {*_medicines(drugs(text)), *amounts, *findings, *parts}


def _f1(ours: set[Hashable], theirs: set[Hashable]) -> float:
    total = len(ours) + len(theirs)
    return 2 * len(ours & theirs) / total if total else 1.0


def _medicines(named: Iterable[Drug]) -> set[str]:
    """Ingredients, with the kind that each is of: who says insulin glargine says insulin."""
    found = {part for one in named for part in one.ingredients}
    return found | {name.split(" ")[0] for name in found}


def _lost_medicines(pair: Pair, found: Heard) -> list[str]:
    kept = _medicines(drugs(pair.candidate))
    lost = {
        one.name: pair.primary[slice(*one.at)]
        for one in drugs(pair.primary)
        if not kept.issuperset(one.ingredients) and one.name.split(" ")[0] not in kept
    }
    return [f"{said} is missing{_instead(said, found)}" for said in lost.values()]


def _instead(said: str, found: Heard) -> str:
    """What the candidate has in the place of a word."""
    first, *_ = said.lower().split()
    if first not in found.primary:
        return ""
    at = found.primary.index(first)
    run = next(run for run in found.runs if run.primary[0] <= at < run.primary[1])
    heard = " ".join(found.candidate[slice(*run.candidate)][:6])
    return f" (heard: {heard})" if run.type == "substitute" and heard else ""


def _lost_doses(pair: Pair, language: str) -> list[str]:
    amounts = {(one.value, one.kind) for one in quantities(pair.candidate)}
    plain = _numbers(pair.candidate, language)
    lost = {
        (one.value, one.kind): one.said
        for one in quantities(pair.primary)
        if is_dose(one) and one.kind in _SURE
        and (one.value, one.kind) not in amounts
        and (one.number, "") not in amounts
        and one.number not in plain
    }  # fmt: skip
    return [f"{said} is missing" for said in lost.values()]


def _lost_times(pair: Pair) -> list[str]:
    """How often a day, beyond the plain "daily", which goes without saying."""
    kept = {one.times for one in frequencies(pair.candidate)}
    lost = {one.times: one.said for one in frequencies(pair.primary)}
    return [
        f"{said} is missing" for times, said in lost.items() if times > 1 and times not in kept
    ]


def _other_numbers(pair: Pair, language: str) -> list[str]:
    """Numbers of the candidate alone, and of the primary alone."""
    found = []
    for who, one, other in (
        ("only the candidate", pair.candidate, pair.primary),
        ("only the primary", pair.primary, pair.candidate),
    ):
        known, figures = _numbers(other, language), _figures(other, language)
        years = _years(one) & _years(other)
        said = [
            each.said
            for each in quantities(one)
            if each.kind not in _SURE
            and not _trivial(each)
            and not {each.number, each.value} & known
            and not _written_so(each.said, known, figures, language)
            and not _year_of(each.number, years)
        ]
        if said:
            found.append(f"{who}: {', '.join(dict.fromkeys(said[:_SHOWN]))}")
    return found


def _written_so(said: str, known: set[float], figures: str, language: str) -> bool:
    """Whether the other has a number in the notation of its words: a year, or one in groups of digits."""
    mine = _figures(said, language)
    grouped = len(mine) >= _DIGITS and mine in figures
    return grouped or any(
        one.number in known for one in quantities(" ".join(words(said, language)))
    )


def _years(text: str) -> set[int]:
    """The last two digits of the years of dates: 8/23/97 and 8-23-1997 are one day."""
    return {int(match[2]) for match in _DATE.finditer(text)}


def _year_of(number: float, years: set[int]) -> bool:
    """Whether a number is one of these years, with its century or without."""
    return (0 <= number < 100 or 1900 <= number < 2100) and number % 100 in years


def _figures(text: str, language: str) -> str:
    return "".join(sign for word in words(text, language) for sign in word if sign.isdigit())


def _numbers(text: str, language: str) -> set[float]:
    """The numbers of a text as it is, of its words' notation, and of each number's own."""
    told = quantities(text)
    again = [" ".join(words(said, language)) for said in (text, *(one.said for one in told))]
    every = itertools.chain(told, *map(quantities, again))
    return {value for one in every for value in (one.number, one.value)}


def _trivial(one: Quantity) -> bool:
    """Counts of things: people say them, and recognisers write them as they like."""
    return one.kind not in _SURE and one.value <= _SMALL
