"""What may not be widened now, until when and why: the calendar of the policy, and people's freezes.

A freeze is by the wall clock of the calendar's zone. Where a clock is put back or forward, an hour
that comes twice is frozen both times, and one that never comes delays no end. Whatever is decided
here is a function of the time it is asked about, so a clock that jumps leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cutover.zone import moment
from policies.calendar import ALL, Calendar, beginning, covers, ending

Holidays = Callable[[str, date], str]
"""The public holiday that a day is in a country or a part of one, "" for none."""

_LONGEST_CHAIN = 100
"""Windows that follow each other without a gap are told as one; more than these are not looked at."""

_MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Span:
    """Times in which nothing is widened, in UTC microseconds; `end_us` 0 for until it is lifted."""

    start_us: int
    end_us: int
    reason: str

    def holds(self, at_us: int) -> bool:
        """Whether a moment lies in it."""
        return self.start_us <= at_us and (self.end_us == 0 or at_us < self.end_us)


@dataclass(frozen=True, slots=True)
class Scoped:
    """A span, and the patterns of the rollouts that it holds."""

    rollouts: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Frozen:
    """That nothing is widened, until when (UTC microseconds, 0 for until it is lifted) and why."""

    until_us: int
    reason: str
    zone: str = "UTC"

    @property
    def sentence(self) -> str:
        """As people are told."""
        if not self.until_us:
            return f"frozen until the freeze is lifted: {self.reason}"
        return f"frozen until {moment(self.until_us, self.zone)}: {self.reason}"


class Almanac:
    """The calendar's spans by day, each worked out once: many rollouts are asked about every second."""

    def __init__(self, calendar: Calendar | None, holidays: Holidays) -> None:
        self.calendar = calendar or Calendar()
        self.zone = ZoneInfo(self.calendar.zone)
        self._holidays = holidays
        self._empty = self.calendar == Calendar(zone=self.calendar.zone)
        self._days: dict[date, tuple[Scoped, ...]] = {}

    def spans(self, at_us: int) -> tuple[Scoped, ...]:
        """All that could hold a moment, and perhaps others."""
        if self._empty:
            return ()
        today = datetime.fromtimestamp(at_us // 1_000_000, self.zone).date()
        if today not in self._days:
            if len(self._days) > _MOST_DAYS:
                self._days.clear()
            self._days[today] = tuple(self._near(today))
        return self._days[today]

    def moment(self, local: datetime) -> int:
        """The first moment that a time of the wall clock can mean."""
        return min(self._meant(local))

    def _near(self, today: date) -> Iterator[Scoped]:
        for freeze in self.calendar.freezes:
            times = beginning(freeze.start), ending(freeze.end)
            yield Scoped(freeze.rollouts, self._span(*times, freeze.reason))
        for day in (today - timedelta(days=1), today):  # a window may have begun yesterday
            for weekly in self.calendar.weekly:
                window = weekly.on(day)
                if window is not None:
                    yield Scoped(weekly.rollouts, self._span(*window, weekly.reason))
            holiday = self._holiday(day)
            if holiday:
                begins = datetime.combine(day, datetime.min.time())
                yield Scoped(ALL, self._span(begins, begins + timedelta(days=1), holiday))

    def _holiday(self, day: date) -> str:
        """What makes a day a holiday, "" for nothing."""
        for written in self.calendar.holidays:
            if written == day.isoformat():
                return "holiday"
            if not written[0].isdigit() and (name := self._holidays(written, day)):
                return f"holiday: {name}"
        return ""

    def _span(self, begins: datetime, ends: datetime, reason: str) -> Span:
        """Two times of a wall clock as moments: the first that the one can mean, the last of the other."""
        return Span(min(self._meant(begins)), max(self._meant(ends)), reason)

    def _meant(self, local: datetime) -> tuple[int, int]:
        """The moments that a time can mean; they differ where the clock is put back or forward."""
        either = [local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1)]
        first, second = (round(one.timestamp()) * 1_000_000 for one in either)
        return first, second


def frozen(
    almanac: Almanac,
    key: tuple[str, str],
    at_us: int,
    *,
    broken: bool = False,
    placed: Iterable[Span] = (),
) -> Frozen | None:
    """Why a rollout may not be widened at a moment; None where it may.

    `placed` are freezes that people placed on it. With `broken` those of the calendar do not count.
    Spans that follow each other without a gap are told as one, with the reason of the first.
    """
    by_hand = tuple(placed)
    reason, until_us = "", at_us
    for _ in range(_LONGEST_CHAIN):
        spans = by_hand
        if not broken:
            found = almanac.spans(until_us)
            spans += tuple([one.span for one in found if covers(one.rollouts, *key)])
        holding = [span for span in spans if span.holds(until_us)]
        if not holding:
            break
        last = max(holding, key=lambda span: (span.end_us == 0, span.end_us))
        reason, until_us = reason or last.reason, last.end_us
        if until_us == 0:
            break
    return Frozen(until_us, reason, almanac.calendar.zone) if reason else None
