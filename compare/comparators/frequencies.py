"""How often something is done, in times a day: "twice daily", "q8h", "2x sehari", "每日两次", "once a week".

Times of the day ("in the morning") are no frequency: two of them may say the same as "twice daily".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from compare.comparators.quantities import number_of

_COUNT = r"once|twice|thrice|(?:one|two|three|four|five|six|\d{1,2})(?:\s*(?:-|–|to|or)\s*(?:two|three|four|five|six|\d{1,2}))?\s+times?|\d{1,2}\s?[x×]"
_KALI = r"(?:(?:se|satu|dua|tiga|empat|lima|enam|\d{1,2})\s*kali|\d{1,2}\s?[x×])"
_SPAN = r"day|daily|week|weekly|month|monthly"
_HOURS = r"\d{1,2}|two|three|four|six|eight|twelve|dua|tiga|empat|enam|lapan"
_OFTEN = re.compile(
    r"(?:(?<![a-z])(?=[a-z0-9])|(?=[^\x00-\x7f]))(?:"  # quickly past what begins no word
    rf"\b(?P<times>{_COUNT})\s*(?:a|per|each|every|/)?\s*(?P<span>{_SPAN})\b"
    r"|\b(?P<abbr>q\.?o\.?d|q\.?d|o\.?d|b\.?i\.?d|b\.?d|t\.?i\.?d|t\.?d\.?s|q\.?i\.?d|q\.?d\.?s)\b"
    r"|\b(?P<other>every other day|alternate days|selang sehari)\b|(?P<other2>隔日|隔天)"
    rf"|\b(?:every|q|each|setiap)\s*(?P<hours>{_HOURS})(?:\s*(?:-|–|to|or|hingga)\s*(?P<upper>{_HOURS}))?"
    r"\s*-?(?:hours?|hrs?|h\b|hourly|jam)"
    rf"|\b(?P<hourly>{_HOURS})[ -]hourly\b"
    rf"|\b(?P<kali>{_KALI})\s*(?:(?P<sehari>sehari|setiap hari|/\s?hari)|seminggu)"
    rf"|\b(?:(?P<sehari2>sehari)|seminggu)\s+(?P<kali2>{_KALI})(?!\s?\d)"
    r"|(?:(?P<zh_day>每日|每天|一天|一日|日服|天服)|每周|每星期|一周)\s*(?P<ci>[一二两三四五六\d]+)\s*次"
    r"|每隔?\s*(?P<shi>\d+|[一二三四五六八十]+)(?:\s*(?:-|–|至|到)\s*(?P<shi_upper>\d+|[一二三四五六八十]+))?\s*个?小时"
    r"|\b(?P<daily>daily|every day|each day|setiap hari)\b(?!\s+(?:dose|dosage|living|activit|life|routine|basis|intake|total))"
    r"|\b(?P<weekly>weekly|every week|each week|setiap minggu)\b)",
    re.IGNORECASE,
)
_ABBREVIATIONS = {
    "qod": 0.5, "qd": 1, "od": 1, "bid": 2, "bd": 2, "tid": 3, "tds": 3, "qid": 4, "qds": 4,
}  # fmt: skip
_TIMES = {"once": 1, "twice": 2, "thrice": 3, "se": 1}
_DAYS = {"w": 7, "m": 30}  # days of a span, by its first letter


@dataclass(frozen=True, slots=True)
class Frequency:
    """Times a day, three digits; how it was written; and where it starts and ends in the text."""

    times: float
    said: str
    at: tuple[int, int]


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def frequencies(text: str) -> tuple[Frequency, ...]:
    """Every frequency of a text in order; of a range both ends."""
    return tuple(
        Frequency(round(times, 3), match[0], match.span())
        for match in _OFTEN.finditer(text)
        for times in _times(match)
    )


def _times(match: re.Match[str]) -> Iterator[float]:
    hours = [match[name] for name in ("hours", "upper", "hourly", "shi", "shi_upper")]
    if match["abbr"]:
        yield _ABBREVIATIONS[match["abbr"].lower().replace(".", "")]
    elif match["other"] or match["other2"]:
        yield 0.5
    elif any(hours):
        yield from (24 / every for said in hours if said and (every := number_of(said)))
    elif match["times"]:
        days = _DAYS.get(match["span"][0].lower(), 1)
        yield from (times / days for times in _counts(match["times"]))
    elif kali := match["kali"] or match["kali2"]:
        daily = match["sehari"] or match["sehari2"]
        yield from (times / (1 if daily else 7) for times in _counts(kali))
    elif match["ci"]:
        yield number_of(match["ci"]) / (1 if match["zh_day"] else 7)
    else:
        yield 1 if match["daily"] else 1 / 7


def _counts(said: str) -> list[float]:
    """Both ends of "two to three times"; one of "twice"."""
    ends = re.split(
        r"\s*(?:-|–|\bto\b|\bor\b)\s*", re.sub(r"\s*(?:kali|times?|[x×])$", "", said.lower())
    )
    return [_TIMES[end] if end in _TIMES else number_of(end) for end in ends]
