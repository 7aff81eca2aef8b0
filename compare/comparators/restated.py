"""Doses said once more in another way: as so many tablets of a strength, or as what they make a day.

"5 mg x 2 tablets" and "two 5 mg tablets" are 10 mg; "500 mg twice a day (total 1 g daily)" gives no
dose of 1 g. Only what stands right beside a dose is read: a count of it, and the words of a total.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum

from compare.comparators.drugs import drugs
from compare.comparators.frequencies import frequencies
from compare.comparators.quantities import Quantity

_FAR = 60  # characters beside a dose that are looked at
_COUNTS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "half": 0.5,
    "one and a half": 1.5, "1½": 1.5, "1 1/2": 1.5, "1.5": 1.5, "½": 0.5, "1/2": 0.5, "0.5": 0.5, "satu setengah": 1.5,
    "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "setengah": 0.5,
    "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "半": 0.5,
    "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9,
}  # fmt: skip
# From ten on it is what is handed out, and a tenfold error would hide in it.
_COUNT = rf"(?P<count>{'|'.join(sorted(map(re.escape, _COUNTS), key=len, reverse=True))})(?![\d.]\d|\d)"
_ALONE = r"(?<![A-Za-z0-9.,/])"
_TABLET = (
    r"(?:(?:tablets?|tabs?|capsules?|caps?|pills?|puffs?|biji|kapsul|sedutan)\b|[片粒颗喷])"
)
_EACH = r"(?:every|each|setiap biji|sebiji|每[片粒颗喷])"
_COUNTED_AFTER = (
    # "5 mg x 2 tablets", "5 mg, 2 tablets", "5 mg tablets: take two tablets"
    rf"\s*-?(?:的?{_TABLET})?[\s,:，：]*(?:[x×*]|take|ambil|makan|每次|服)?\s*{_COUNT}(?:\s+(?:of\s+)?an?)?\s*{_TABLET}",
    # "5 mg tablets, take two", "5 mg tablet x 2": but no "x 2 days"
    rf"\s*-?的?{_TABLET}[\s,:，：]*(?:[x×*]|take|ambil|makan)\s*{_COUNT}"
    r"(?!\s*-?(?:times|kali|次|days?|weeks?|months?|hari|minggu|bulan|天|周|个月|doses?|hours?|[/x×%\d]))\b",
)
_COUNTED_BEFORE = (
    # "two tablets of 5 mg", "2片（每片5毫克"
    (rf"{_COUNT}\s*{_TABLET}\s*(?:of(?: the)?|daripada|[@x×]|[(（,，]?\s*{_EACH})?\s*", ""),
    (rf"{_COUNT}\s*{_TABLET}\s*[(（,，]\s*", rf"\s*{_EACH}"),  # "two tablets, 5 mg each"
    (rf"{_COUNT}\s*[x×*]\s*", ""),  # "2 x 5 mg"
    # "two 5 mg tablets", "half of a 10 mg tablet"
    (rf"{_COUNT}\s*(?:of\s+)?(?:an?\s+)?", rf"\s*-?{_TABLET}"),
)
_AFTER = tuple(re.compile(one, re.IGNORECASE) for one in _COUNTED_AFTER)
_BEFORE = tuple(
    (re.compile(rf"{_ALONE}{before}$", re.IGNORECASE), re.compile(after, re.IGNORECASE))
    for before, after in _COUNTED_BEFORE
)
_DAY_BEFORE = r"(?:每[天日]|一[天日]|全天|24小时内?|daily|a day|per day|sehari|harian)"
_DAY = (
    r"(?:(?:a|per|each|every)\s+day|/\s?day|(?:with)?in (?:24|twenty[- ]four) hours"
    r"|(?:dalam )?(?:sehari|24 jam)|setiap hari|/\s?hari|每[天日]|一[天日])"
)
_TOTAL_WORDS = r"(?:total(?:l?ing|s)?|altogether|in all|jumlah(?:nya)?|keseluruhan(?:nya)?|总(?:剂?量|共|计)?|共计?|一共|合计)"
_FILLED = r"(?:[\s:=,，：(（]|of\b|the\b|a\b|is\b|about\b|to\b|daily\b|dose\b|dosage\b|amount\b|day\b|per\b|dos\b|harian\b|sehari\b|ialah\b|adalah\b|sebanyak\b|[为是]|每[天日]|一[天日]|剂量)*"
_TOTAL = re.compile(rf"(?:\b|(?=[^\x00-\x7f])){_TOTAL_WORDS}{_FILLED}$", re.IGNORECASE)
_IN_ALL = re.compile(
    rf"\s*(?:{_DAY}|daily)?[\s,]*(?:in (?:all|total)|altogether|total|(?:secara )?keseluruhan(?:nya)?)\b",
    re.IGNORECASE,
)
_A_DAY = re.compile(rf"\s*{_DAY}", re.IGNORECASE)
_OF_A_DAY = re.compile(rf"{_DAY_BEFORE}\s*$", re.IGNORECASE)
_AT_MOST = re.compile(
    r"(?:max(?:imum)?|up to|at most|(?:no|not) more than|exceed(?:ing)?|limit|hingga|maksimum|melebihi|lebih|最多|超过|不超)[^.;。；]{0,20}$",
    re.IGNORECASE,
)


class Total(Enum):
    """How surely an amount is no dose but what doses make in a day."""

    NO = "no"
    A_DAY = "a day"
    AT_MOST = "at most, a day"
    IN_ALL = "in all"


def count(text: str, one: Quantity) -> float:
    """How many of it are taken at once: 2 for "two 5 mg tablets"; 1 where no count stands beside it."""
    if one.kind != "mg":
        return 1
    before, after = _beside(text, one)
    found = next((match for each in _AFTER if (match := each.match(after))), None)
    if found is None:
        before = _without_name(text, before, one)
        found = next(
            (
                match
                for each, then in _BEFORE
                if (match := each.search(before)) and then.match(after)
            ),
            None,
        )
    return _COUNTS[found["count"].lower()] if found else 1


def total(text: str, one: Quantity) -> Total:
    """Whether a total of the day is said, by the words that stand right beside it.

    What is given several times a day is no total, whatever it is called.
    """
    before, after = _beside(text, one)
    a_day = _A_DAY.match(after) or _OF_A_DAY.search(before)
    in_all = _IN_ALL.match(after)
    if not (a_day or in_all or _TOTAL.search(before)):
        return Total.NO
    if repeated(text, one.at[1] + (in_all.end() if in_all else 0)):
        return Total.NO
    if a_day and _AT_MOST.search(before):
        return Total.AT_MOST
    return Total.IN_ALL if in_all or _TOTAL.search(before) else Total.A_DAY


def repeated(text: str, at: int) -> bool:
    """Whether it is said right there that something is done more than once a day."""
    often = frequencies(text)
    found = bisect_right(often, at - 1, key=lambda one: one.at[0])
    if found == len(often):
        return False
    return often[found].times > 1 and not text[at : often[found].at[0]].strip(" ,，、")


def _beside(text: str, one: Quantity) -> tuple[str, str]:
    start, end = one.at
    return text[max(0, start - _FAR) : start], text[end : end + _FAR]


def _without_name(text: str, before: str, one: Quantity) -> str:
    """What stands before it, without the medicine's name in between: "two tablets of amlodipine 5 mg"."""
    named, start = drugs(text), one.at[0]
    found = bisect_right(named, start, key=lambda drug: drug.at[1])
    if not found or text[named[found - 1].at[1] : start].strip():
        return before
    return before[: max(0, len(before) - (start - named[found - 1].at[0]))]
