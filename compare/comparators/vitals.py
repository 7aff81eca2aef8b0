"""Are the vital signs and laboratory values the ones that were measured? By label, against primary and prompt.

For review: a patient has more than one blood pressure. A value of the candidate counts against it only
where the primary gives another for the same label, and the prompt does not give the candidate's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from compare.comparators.quantities import Quantity, quantities
from compare.comparison import Finding, Flag, Pair, Severity

# How each is called in English, Malay and Chinese, and the values that a living person may have.
_LABELS = {
    "blood pressure": (r"blood pressure|\bBP\b|tekanan darah|血压", 30, 300),
    "heart rate": (
        r"heart rate|pulse(?: rate)?|\bHR\b|kadar nadi|degupan jantung|心率|脉搏",
        20,
        250,
    ),
    "respiratory rate": (r"respiratory rate|\bRR\b|kadar pernafasan|呼吸频率", 4, 70),
    "temperature": (r"temperature|\btemp\b|suhu(?: badan)?|体温", 30, 110),
    "oxygen saturation": (
        r"oxygen saturation|\bSp?O2\b|\bO2 sats?\b|\bsats\b|ketepuan oksigen|血氧(?:饱和度)?",
        40,
        100,
    ),
    "HbA1c": (r"\bHb ?A1c\b|(?:ha?emoglobin )?\bA1c\b|糖化血红蛋白", 3, 20),
    "eGFR": (r"\be?GFR\b|肾小球滤过率", 1, 150),
    "creatinine": (r"creatinine|kreatinin|肌酐", 0.2, 2000),
    "glucose": (r"(?:blood )?glucose|blood sugar|gula darah|血糖", 1, 1000),
}
_NAMES = tuple(_LABELS)
_LABEL = re.compile(
    r"(?:(?<![a-z])(?=[a-z])|(?=[^\x00-\x7f]))(?:"  # quickly past what begins no word
    + "|".join(f"(?P<l{at}>{_LABELS[name][0]})" for at, name in enumerate(_NAMES))
    + ")",
    re.IGNORECASE,
)
_FAR = 30  # characters between a label and its value
_BREAK = re.compile(r"(?<=[.!?])\s|[。；\n]")
_OVER = re.compile(r"\s*(?:/|over|per)\s*", re.IGNORECASE)
_OTHER = frozenset(
    {"hours", "mg", "ml", "iu", "tablet", "puff", "drop"}
)  # kinds of no such value

type Value = tuple[float, ...]
"""One number, or two for a blood pressure."""


def vitals(pair: Pair) -> Finding:
    """Signal `vitals_supported`, the share of values that agree, and `VITAL_CONFLICT` (review)."""
    ours, theirs, asked = (
        _values(text) for text in (pair.candidate, pair.primary, pair.prompt)
    )
    said = [(label, value) for label, values in ours.items() for value in values]
    known = {number for each in asked.values() for value in each for number in value}
    conflicts = [
        (label, value)
        for label, value in said
        if label in theirs and value not in theirs[label] and not known.issuperset(value)
    ]
    if not conflicts:
        return Finding({"vitals_supported": 1.0})
    label, value = conflicts[0]
    words = (
        f"{label} {ours[label][value]}; the primary says {next(iter(theirs[label].values()))}"
    )
    flags = (Flag("VITAL_CONFLICT", Severity.REVIEW, words),)
    return Finding({"vitals_supported": 1 - len(conflicts) / len(said)}, flags)


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def _values(text: str) -> Mapping[str, dict[Value, str]]:
    """The values of a text by label, and how each was written."""
    found: dict[str, dict[Value, str]] = defaultdict(dict)
    numbers = [one for one in quantities(text) if one.kind not in _OTHER]
    starts = [one.at[0] for one in numbers]
    for match in _LABEL.finditer(text):
        label = _NAMES[int(str(match.lastgroup)[1:])]
        first = bisect_left(starts, match.end())
        value = _value(text, label, numbers[first : first + 2])
        if value and _belongs(text[match.end() : starts[first]], label, value):
            end = numbers[first + len(value) - 1].at[1]
            found[label].setdefault(value, text[starts[first] : end].strip())
    return dict(found)


def _belongs(between: str, label: str, value: Value) -> bool:
    _, low, high = _LABELS[label]
    near = len(between) <= _FAR and not _BREAK.search(between) and not _LABEL.search(between)
    return near and all(low <= number <= high for number in value)


def _value(text: str, label: str, after: list[Quantity]) -> Value:
    """The value that comes next; a blood pressure has two numbers, or it is none."""
    numbers = tuple(one.value for one in after)
    if label != "blood pressure":
        return numbers[:1]
    two = len(after) > 1 and _OVER.fullmatch(text, after[0].at[1], after[1].at[0])
    return numbers if two else ()
