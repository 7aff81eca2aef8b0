"""Numbers with their units in a text, in one notation: words as digits, masses in milligrams.

Only what clinicians write is read: digits with thousands and decimal marks (".5" too), small number
words in English, Malay and Chinese, masses, volumes, international units, tablets and puffs, spans
of time, and the units of vital signs and of the laboratory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Unit spellings and what one of them is, in the base unit of its kind.
_UNITS: dict[str, tuple[str, float]] = {
    "mcg": ("mg", 0.001), "µg": ("mg", 0.001), "μg": ("mg", 0.001), "ug": ("mg", 0.001),
    "microgram": ("mg", 0.001), "micrograms": ("mg", 0.001), "mikrogram": ("mg", 0.001),
    "微克": ("mg", 0.001),
    "mg": ("mg", 1), "milligram": ("mg", 1), "milligrams": ("mg", 1), "miligram": ("mg", 1),
    "毫克": ("mg", 1),
    "g": ("mg", 1000), "gram": ("mg", 1000), "grams": ("mg", 1000), "gm": ("mg", 1000),
    "克": ("mg", 1000),
    "kg": ("mg", 1_000_000), "kilogram": ("mg", 1_000_000), "kilograms": ("mg", 1_000_000),
    "公斤": ("mg", 1_000_000), "千克": ("mg", 1_000_000),
    "ml": ("ml", 1), "millilitre": ("ml", 1), "millilitres": ("ml", 1), "milliliter": ("ml", 1),
    "milliliters": ("ml", 1), "mililiter": ("ml", 1), "cc": ("ml", 1), "毫升": ("ml", 1),
    "litre": ("ml", 1000), "litres": ("ml", 1000), "liter": ("ml", 1000), "liters": ("ml", 1000),
    "升": ("ml", 1000),
    "iu": ("iu", 1), "units": ("iu", 1), "unit": ("iu", 1), "u": ("iu", 1), "unit antarabangsa": ("iu", 1),
    "international units": ("iu", 1), "国际单位": ("iu", 1), "单位": ("iu", 1),
    "tablet": ("tablet", 1), "tablets": ("tablet", 1), "tab": ("tablet", 1), "tabs": ("tablet", 1),
    "capsule": ("tablet", 1), "capsules": ("tablet", 1), "pill": ("tablet", 1), "pills": ("tablet", 1),
    "biji": ("tablet", 1), "kapsul": ("tablet", 1), "片": ("tablet", 1), "粒": ("tablet", 1),
    "puff": ("puff", 1), "puffs": ("puff", 1), "sedutan": ("puff", 1), "喷": ("puff", 1),
    "drop": ("drop", 1), "drops": ("drop", 1), "titis": ("drop", 1), "滴": ("drop", 1),
    "%": ("%", 1), "percent": ("%", 1), "peratus": ("%", 1),
    "mg/kg": ("mg/kg", 1), "mcg/kg": ("mg/kg", 0.001),
    "mmhg": ("mmhg", 1), "mmol/l": ("mmol/l", 1), "mg/dl": ("mg/dl", 1), "bpm": ("bpm", 1),
    "milligrams per deciliter": ("mg/dl", 1), "mg per deciliter": ("mg/dl", 1), "g/dl": ("g/dl", 1),
    "grams per deciliter": ("g/dl", 1), "g/l": ("g/dl", 0.1), "ng/ml": ("ng/ml", 1),
    "mcg/dl": ("mcg/dl", 1), "mcg/l": ("ng/ml", 1), "mg/l": ("mg/l", 1), "u/l": ("u/l", 1), "iu/l": ("u/l", 1),
    "mg/ml": ("mg/ml", 1), "mg/hr": ("mg/h", 1), "mg/h": ("mg/h", 1), "ml/min": ("ml/min", 1), "ml/hr": ("ml/h", 1),
    "ml/h": ("ml/h", 1), "ml/hour": ("ml/h", 1), "mg/hour": ("mg/h", 1), "mcg/min": ("mg/min", 0.001), "mg/min": ("mg/min", 1),
    "mcg/kg/min": ("mg/kg/min", 0.001), "mcg/kg/minute": ("mg/kg/min", 0.001), "mg/kg/min": ("mg/kg/min", 1),
    "units/h": ("iu/h", 1), "units/hr": ("iu/h", 1), "units/hour": ("iu/h", 1), "iu/h": ("iu/h", 1),
    "mmol/h": ("mmol/h", 1), "mmol/hr": ("mmol/h", 1), "meq/h": ("mmol/h", 1), "mmols": ("mmol", 1), "meqs": ("meq", 1),
    "毫摩尔": ("mmol", 1), "meq": ("meq", 1), "mmol": ("mmol", 1),
    "minute": ("hours", 1 / 60), "minutes": ("hours", 1 / 60), "min": ("hours", 1 / 60),
    "minit": ("hours", 1 / 60), "分钟": ("hours", 1 / 60),
    "hour": ("hours", 1), "hours": ("hours", 1), "hrs": ("hours", 1), "jam": ("hours", 1),
    "小时": ("hours", 1), "个小时": ("hours", 1),
    "day": ("hours", 24), "days": ("hours", 24), "hari": ("hours", 24), "天": ("hours", 24),
    "week": ("hours", 168), "weeks": ("hours", 168), "minggu": ("hours", 168),
    "周": ("hours", 168), "星期": ("hours", 168),
    "month": ("hours", 730), "months": ("hours", 730), "bulan": ("hours", 730),
    "个月": ("hours", 730), "year": ("hours", 8760), "years": ("hours", 8760),
    "tahun": ("hours", 8760), "岁": ("hours", 8760), "年": ("hours", 8760),
    "°c": ("celsius", 1), "℃": ("celsius", 1), "°f": ("fahrenheit", 1),
}  # fmt: skip

_WORDS: dict[str, float] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "half": 0.5, "zero": 0,
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "lapan": 8,
    "sembilan": 9, "sepuluh": 10, "sebelas": 11, "seratus": 100, "seribu": 1000, "setengah": 0.5,
}  # fmt: skip
_MANY: dict[str, float] = {"hundred": 100, "thousand": 1000, "ratus": 100, "ribu": 1000}
_TEENS, _TENS = "belas", "puluh"  # "dua belas" is 12, "dua puluh" 20
_HAN: dict[str, int] = {
    "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_HAN_MANY = {"十": 10, "百": 100, "千": 1000}

_unit = "|".join(re.escape(name) for name in sorted(_UNITS, key=len, reverse=True))
_word = "|".join(sorted({*_WORDS, *_MANY, _TEENS, _TENS}, key=len, reverse=True))
# Marks of emphasis and of mathematics, and signs of no width: "**50** mg".
_BETWEEN = r"(?:&nbsp;|[\s\-*_$`\u200b\u2060\ufeff\xad])*"
_QUANTITY = re.compile(
    rf"(?<![A-Za-z0-9_.])(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?|\.\d+)"
    rf"(?:\s*(?:-|–|to|hingga|至|到|~)\s*(?P<upper>\d+(?:,\d{{3}})*(?:\.\d+)?))?"
    rf"(?:{_BETWEEN}(?P<unit>{_unit})(?![a-z]))?"
    rf"|\b(?P<words>(?:{_word})(?:[\s-]+(?:(?:(?<=hundred )|(?<=thousand ))and\s+)?(?:{_word}))*(?:\s+point\s+(?:(?:{_word})(?:\s+(?:{_word}))*))?)\b(?:[\s-]*(?P<unit2>{_unit})(?![a-z]))?"
    rf"|(?P<han>[零一二两三四五六七八九十百千]{{2,}}|[零一二两三四五六七八九十百千](?={_unit}))"
    rf"(?P<unit3>{_unit})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value in its kind's base unit (`mg`, `ml`, `iu`, `%`, ..., "" for a bare number).

    `number` is the value without its unit, `unit` the unit as written in lower case, `said` how it
    was written, `at` where in the text it starts and ends, in characters.
    """

    value: float
    number: float
    kind: str
    unit: str
    said: str
    at: tuple[int, int]


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def quantities(text: str) -> tuple[Quantity, ...]:
    """Every number of a text in order; of a range both ends. Values are rounded to nine digits."""
    return tuple(found for match in _QUANTITY.finditer(text) for found in _of(match))


def number_of(said: str) -> float:
    """The value of a number in digits, in one of the small words, or in Chinese; 0 for none."""
    word = said.strip().lower()
    if word.isascii():
        return float(word) if word.isdigit() else _spoken(word)
    return float(_of_han(word)) if set(word) <= _HAN.keys() | _HAN_MANY.keys() else 0.0


def _of(match: re.Match[str]) -> Iterator[Quantity]:
    spelled = match["unit"] or match["unit2"] or match["unit3"]
    unit = spelled.lower() if spelled else ""
    kind, factor = _UNITS[unit] if unit else ("", 1.0)
    for value in _values(match):
        said = match[0].strip()
        yield Quantity(round(value * factor, 9), value, kind, unit, said, match.span())


def _values(match: re.Match[str]) -> list[float]:
    if match["digits"]:
        ends = (match["digits"], match["upper"])
        return [float(end.replace(",", "")) for end in ends if end]
    if match["words"]:
        return [_spoken(match["words"].lower())]
    return [float(_of_han(match["han"]))]


def _spoken(said: str) -> float:
    """The value of number words: "two hundred and fifty", "six fifty", "two point five"."""
    whole, _, fraction = said.partition(" point ")
    digits = "".join(f"{_WORDS.get(word, 0):g}" for word in fraction.split())
    return _of_words(whole) + (float(f"0.{digits}") if digits.isdigit() else 0.0)


def _of_words(said: str) -> float:
    total = current = 0.0
    for word in re.split(r"[\s-]+", said):
        if word in _MANY:
            current = max(current, 1) * _MANY[word]
            if _MANY[word] == 1000:
                total, current = total + current, 0.0
        elif word == _TEENS:
            current += 10
        elif word == _TENS:
            current += 9 * (current % 10)
        elif word in _WORDS:
            # "One fifty" is said for 150, "six fifty" for 650.
            hundreds = 1 <= current <= 9 and _WORDS[word] >= 10
            current = current * (100 if hundreds else 1) + _WORDS[word]
    return total + current


def _of_han(said: str) -> int:
    total = digit = 0
    for sign in said:
        if sign in _HAN_MANY:
            total, digit = total + (digit or 1) * _HAN_MANY[sign], 0
        else:
            digit = _HAN[sign]
    return total + digit
