"""One error in an answer, as a person would hardly see it. Pure: a text and a seed in, a text out.

Each gives None where the text has nothing to change.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

from compare.comparators.drugs import drugs
from compare.comparators.quantities import quantities

type Inject = Callable[[str, random.Random], str | None]

DRUGS = (
    "metformin", "lisinopril", "warfarin", "ibuprofen", "atorvastatin", "amlodipine", "prednisone",
    "amoxicillin", "losartan", "gabapentin", "sertraline", "furosemide", "omeprazole", "naproxen",
    "tramadol", "clopidogrel", "digoxin", "levothyroxine", "salbutamol", "azithromycin",
)  # fmt: skip
REFUSALS = (
    "I'm sorry, but I can't assist with that request.",
    "As an AI language model, I cannot provide medical notes.",
    "Maaf, saya tidak dapat membantu dengan permintaan ini.",
    "抱歉，我无法提供医疗记录。",
)
OTHER_LANGUAGES = (
    "Pesakit mengadu sakit dada sejak tiga hari yang lalu. Tiada sesak nafas. Tekanan darah adalah "
    "normal. Pesakit dinasihatkan supaya berehat dan datang semula minggu hadapan untuk pemeriksaan.",
    "患者诉胸痛三天，无呼吸困难，血压正常。建议患者休息，下周复诊检查。医生已向患者说明病情，并嘱咐按时服药。",
)
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_NEGATED = re.compile(r"\b(denies|denied|no|without|negative for)\b(?= [a-z])", re.IGNORECASE)
_POSITIVE = {
    "denies": "reports", "denied": "reported", "no": "marked", "without": "with",
    "negative for": "positive for",
}  # fmt: skip
_UNIT = re.compile(r"(?<=\d)\s?(mcg|mg|g)\b(?!/)")
_TIMES = ("once", "twice", "three times", "four times")
_OFTEN = re.compile(rf"\b({'|'.join(_TIMES)})(?= (?:a|per|daily|weekly)\b)", re.IGNORECASE)
_DOSE_KINDS = frozenset({"mg", "ml", "iu"})


def dose(text: str, chance: random.Random) -> str | None:
    """Another number before a unit of a dose."""
    found = [
        one for one in quantities(text) if one.kind in _DOSE_KINDS and one.said[0].isdigit()
    ]
    return _renumbered(text, found, chance)


def number(text: str, chance: random.Random) -> str | None:
    """Another number that is no dose."""
    found = [
        one
        for one in quantities(text)
        if one.kind not in _DOSE_KINDS and one.said[0].isdigit() and one.number > 10
    ]
    return _renumbered(text, found, chance)


def _renumbered(text: str, found: list, chance: random.Random) -> str | None:  # type: ignore[type-arg]
    if not found:
        return None
    one = chance.choice(found)
    digits = re.match(r"[\d,.]*\d", one.said)
    assert digits is not None, "only numbers in digits are changed"
    factor = chance.choice((0.1, 0.5, 2, 10))
    value = f"{float(digits[0].replace(',', '')) * factor:g}"
    return text[: one.at[0]] + one.said.replace(digits[0], value, 1) + text[one.at[1] :]


def unit(text: str, chance: random.Random) -> str | None:
    """The same number in another unit of mass."""
    found = list(_UNIT.finditer(text))
    if not found:
        return None
    match = chance.choice(found)
    others = [name for name in ("mcg", "mg", "g") if name != match[1].lower()]
    return text[: match.start(1)] + chance.choice(others) + text[match.end(1) :]


def other_dose(text: str, chance: random.Random) -> str | None:
    """The dose of another medicine of the same text."""
    found = [
        one for one in quantities(text) if one.kind in _DOSE_KINDS and one.said[0].isdigit()
    ]
    said = sorted({one.said for one in found})
    if len(said) < 2:
        return None
    one = chance.choice(found)
    other = chance.choice([each for each in said if each != one.said])
    return text[: one.at[0]] + other + text[one.at[1] :]


def frequency(text: str, chance: random.Random) -> str | None:
    """More often, or less."""
    found = list(_OFTEN.finditer(text))
    if not found:
        return None
    match = chance.choice(found)
    other = chance.choice([each for each in _TIMES if each != match[1].lower()])
    return text[: match.start(1)] + other + text[match.end(1) :]


def negation(text: str, chance: random.Random) -> str | None:
    """A finding that was denied is there."""
    return _swapped(text, _NEGATED, lambda said: _POSITIVE[said], chance)


def laterality(text: str, chance: random.Random) -> str | None:
    """The other side."""
    return _swapped(text, _SIDE, lambda said: {"left": "right", "right": "left"}[said], chance)


def _swapped(
    text: str, what: re.Pattern[str], by: Callable[[str], str], chance: random.Random
) -> str | None:
    found = list(what.finditer(text))
    if not found:
        return None
    match = chance.choice(found)
    new = by(match[0].lower())
    new = new.capitalize() if match[0][0].isupper() else new
    return text[: match.start()] + new + text[match.end() :]


def drug(text: str, chance: random.Random) -> str | None:
    """Another medicine, which the text does not name."""
    found = drugs(text)
    if not found:
        return None
    one, named = chance.choice(found), {each.name for each in found}
    new = chance.choice([name for name in DRUGS if name not in named])
    return text[: one.at[0]] + new + text[one.at[1] :]


def truncation(text: str, chance: random.Random) -> str | None:
    """The last 40 % is missing."""
    words = text.split(" ")
    return " ".join(words[: round(len(words) * 0.6)]) if len(words) > 20 else None


def loop(text: str, chance: random.Random) -> str | None:
    """From the middle on it says one sentence again and again."""
    said = [one for one in re.split(r"(?<=[.!?])\s+", text) if len(one) > 20]
    if len(said) < 3:
        return None
    middle = len(said) // 2
    return " ".join(said[:middle] + [said[middle]] * (len(said) - middle + 4))


def refusal(text: str, chance: random.Random) -> str | None:
    """A refusal in place of the answer."""
    return chance.choice(REFUSALS)


def language(text: str, chance: random.Random) -> str | None:
    """An answer in another language."""
    return chance.choice(OTHER_LANGUAGES)


KINDS: Mapping[str, Inject] = {
    "dose": dose,
    "unit": unit,
    "other_dose": other_dose,
    "frequency": frequency,
    "number": number,
    "negation": negation,
    "laterality": laterality,
    "drug": drug,
    "truncation": truncation,
    "loops": loop,
    "refusal": refusal,
    "wrong_language": language,
}
