"""What was said in numbers, in one notation: "five hundred milligrams" and "0.5 g" are 500 mg, "BID" is 2 times a day.

The notation is of the text's own language, so that Chinese stays Chinese. Digits that are said one by one,
as of a telephone, are left as they are: their sum would be that of others too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from math import isfinite

from compare.comparators.frequencies import Frequency, frequencies
from compare.comparators.quantities import Quantity, quantities

_OFTEN = {"ms": "{} kali sehari", "zh": "每日 {} 次"}
_UNITS = {"zh": {"mg": "毫克", "ml": "毫升", "iu": "单位", "kg": "公斤"}}
_AS_WRITTEN = frozenset(
    {"", "hours", "tablet", "puff", "drop"}
)  # kinds of several words, no notations
_KILOGRAM = 1_000_000  # milligrams
_TOGETHER = re.compile("puluh|belas|ratus|ribu|[十百千]")
_APART = re.compile(r"[\s-]+")
_BETWEEN = re.compile(r"(?<=\d) (?:over|to|per|hingga|至|到) (?=\d)")


def in_figures(text: str, language: str) -> str:
    """The text with doses, measures and frequencies in one notation, and plain numbers where the language is not English."""
    often = groupby(frequencies(text), key=lambda one: one.at)
    text = _replaced(text, ((at, _often(list(same), language)) for at, same in often))
    found = groupby(quantities(text), key=lambda one: one.at)
    return _replaced(text, ((at, _noted(list(same), language)) for at, same in found))


def joined(words: str) -> str:
    """Words in one notation, without what stands between two numbers: 120 over 80 is 120/80."""
    return _BETWEEN.sub(" ", words)


def _replaced(text: str, notes: Iterator[tuple[tuple[int, int], str]]) -> str:
    """The text with each stretch as noted; one whose note is empty stays."""
    parts, done = [], 0
    for (start, end), note in notes:
        if note and start >= done:
            parts += [text[done:start], f" {note} "]
            done = end
    return "".join([*parts, text[done:]])


def _often(told: list[Frequency], language: str) -> str:
    times = " ".join(f"{one.times:g}" for one in told)
    return _OFTEN.get(language, "{} times a day").format(times)


def _noted(told: list[Quantity], language: str) -> str:
    """One quantity, or both ends of a range, as numbers with the unit; empty for what is left as it is."""
    first = told[0]
    plain = first.kind in _AS_WRITTEN
    if not all(isfinite(one.value) for one in told) or (plain and not _whole(first, language)):
        return ""
    if plain:
        return " ".join([*(f"{one.number:.10g}" for one in told), first.unit])
    heavy = first.kind == "mg" and first.value >= _KILOGRAM
    values = [one.value / _KILOGRAM if heavy else one.value for one in told]
    unit = "kg" if heavy else first.kind
    unit = _UNITS.get(language, {}).get(unit, unit)
    return " ".join([*(f"{value:.10g}" for value in values), unit])


def _whole(one: Quantity, language: str) -> bool:
    """Whether its words are one number; English is put into figures by Whisper's own normaliser."""
    if language == "en":
        return False
    said = one.said.removesuffix(one.unit).strip()
    return (
        not said[:1].isalpha() or len(_APART.split(said)) == 1 or bool(_TOGETHER.search(said))
    )
