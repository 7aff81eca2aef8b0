"""Days as people write them, in English, Malay and Chinese: two spellings of one day are the same."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari", "feb february februari", "mar march mac", "apr april",
            "may mei", "jun june", "jul july julai", "aug august ogos", "sep sept september",
            "oct october oktober okt", "nov november", "dec december disember dis",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_month = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_HAN = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]", re.ASCII)
_SHORT = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?({_month})\.?,?[\s-]+(\d{{4}})", re.I | re.A
)
_MONTH_FIRST = re.compile(
    rf"({_month})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})", re.I | re.A
)
_FORMS = (_ISO, _HAN, _SHORT, _DAY_FIRST, _MONTH_FIRST)


def days(text: str) -> frozenset[date]:
    """The days that a text may mean which is a date and nothing else; empty for any other text.

    Two for one in digits whose first two numbers could each be the month.
    """
    said = text.strip()
    readings: list[tuple[int, int, int]] = []
    if found := _ISO.fullmatch(said) or _HAN.fullmatch(said):
        readings = [(int(found[1]), int(found[2]), int(found[3]))]
    elif found := _SHORT.fullmatch(said):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        readings = [(year, second, first), (year, first, second)]
    elif found := _DAY_FIRST.fullmatch(said):
        readings = [(int(found[3]), _MONTHS[found[2].lower()], int(found[1]))]
    elif found := _MONTH_FIRST.fullmatch(said):
        readings = [(int(found[3]), _MONTHS[found[1].lower()], int(found[2]))]
    return frozenset(day for one in readings if (day := _day(*one)))


def days_in(text: str) -> frozenset[date]:
    """The days that the dates of a text may mean."""
    found = (match[0] for form in _FORMS for match in form.finditer(text))
    return frozenset(day for said in found for day in days(said))


def moment(text: str) -> datetime | None:
    """The moment of a text in ISO 8601 with a time of day; in UTC where it names an offset."""
    said = text.strip()
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", said):
        return None
    try:
        found = datetime.fromisoformat(said)
        return found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError):
        return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
