"""The times along a picture: whole minutes, hours, days or months of UTC, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from cutover.verifying.cells import utc

MOST = 7
"""Times that have room beside one another."""
_SECOND_US = 1_000_000
_MINUTE_US, _HOUR_US, _DAY_US = 60 * _SECOND_US, 3600 * _SECOND_US, 86_400 * _SECOND_US
_STEPS_US = (
    *[many * _SECOND_US for many in (1, 5, 15, 30)],
    *[many * _MINUTE_US for many in (1, 5, 10, 15, 30)],
    *[many * _HOUR_US for many in (1, 2, 3, 6, 12)],
    *[many * _DAY_US for many in (1, 2, 5, 7, 14)],
)
_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Tick(NamedTuple):
    """A moment on an axis, in microseconds of UTC, and the words below it."""

    at_us: int
    told: str


def ticks(span: tuple[int, int]) -> list[Tick]:
    """The times within a span of microseconds, at most `MOST`: a day's first moment is told as its date."""
    for step in _STEPS_US:
        first, last = -(-span[0] // step), span[1] // step
        if last - first < MOST:
            found = [number * step for number in range(first, last + 1)]
            return [Tick(at_us, _told(at_us, step)) for at_us in found]
    for months in _STEPS_MONTHS:
        starts = [at_us for at_us in _starts(span, months) if span[0] <= at_us <= span[1]]
        if len(starts) <= MOST:
            return [Tick(at_us, _month(at_us)) for at_us in starts]
    return []


def ends(span: tuple[int, int]) -> tuple[str, str]:
    """Both ends of a span with their zone, to the minute, or finer where one is not a whole minute."""
    fits = (
        letters
        for unit, letters in ((_MINUTE_US, 16), (_SECOND_US, 19))
        if all(at_us % unit == 0 for at_us in span)
    )
    letters = next(fits, 26)
    return _end(span[0], letters), _end(span[1], letters)


def _end(at_us: int, letters: int) -> str:
    return f"{utc(at_us)[:letters].replace('T', ' ')} UTC"


def _told(at_us: int, step: int) -> str:
    if at_us % _DAY_US == 0:
        at = datetime.fromtimestamp(at_us // _SECOND_US, UTC)
        return f"{at.day} {_MONTHS[at.month - 1]}"
    return utc(at_us)[11 : 19 if step < _MINUTE_US else 16]


def _month(at_us: int) -> str:
    at = datetime.fromtimestamp(at_us // _SECOND_US, UTC)
    return f"{_MONTHS[at.month - 1]} {at.year}"


def _starts(span: tuple[int, int], months: int) -> Iterator[int]:
    """The first moments of every so many months, counted from January of the year 0."""
    first, last = (datetime.fromtimestamp(at_us // _SECOND_US, UTC) for at_us in span)
    begin = (first.year * 12 + first.month - 1) // months
    for number in range(begin, (last.year * 12 + last.month - 1) // months + 1):
        year, month = divmod(number * months, 12)
        if year >= 1970:  # times are counted from then
            yield int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * _SECOND_US
