"""How fast evidence comes in, and so when there will be enough: told to people, never decided upon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
SOON_US, MANY = HOUR_US // 6, 100
DAYS = 7
"""Traffic of the last week, with its quiet days, says what to expect."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Sessions by day (UTC, days since 1970) of about the last week, and when the first began."""

    first_us: int | None = None
    days: tuple[tuple[int, int], ...] = ()

    def after(self, starts: Iterable[int]) -> Pace:
        """With more sessions, by their starts. One by one or all at once gives the same."""
        began = tuple(starts)
        if not began:
            return self
        counts = Counter(dict(self.days))
        counts.update(start // DAY_US for start in began)
        newest = max(counts)
        kept = tuple(sorted((day, n) for day, n in counts.items() if day >= newest - DAYS))
        known = () if self.first_us is None else (self.first_us,)
        return Pace(min([*began, *known]), kept)

    def a_day(self, now_us: int) -> float | None:
        """Sessions a day over the last week, or since the first; None in its first hour, or ten minutes of
        many sessions, and where none came."""
        if self.first_us is None:
            return None
        oldest = now_us // DAY_US - DAYS
        since_us = max(self.first_us, oldest * DAY_US)
        sessions = sum([n for day, n in self.days if day >= oldest])
        least_us = SOON_US if sessions >= MANY else HOUR_US
        if now_us - since_us < least_us or not sessions:
            return None
        return sessions * DAY_US / (now_us - since_us)

    def unknown(self, now_us: int) -> str:
        """Why there is no pace, in words; "" where there is one, and before the first session."""
        if self.first_us is None or self.a_day(now_us) is not None:
            return ""
        if self.first_us > (now_us // DAY_US - DAYS) * DAY_US:
            return "too early to tell how long"
        return f"and none came in the last {DAYS} days"


def when(sessions: float, a_day: float | None) -> str:
    """How long so many sessions take at a pace, in words; "" where none is known."""
    if not a_day:
        return ""
    hours = sessions / a_day * 24
    span = f"{hours / 24:,.0f} days" if hours >= 48 else f"{max(1, round(hours))} hours"
    span = "1 hour" if span == "1 hours" else span
    return f"about {span} at {rounded(a_day)} sessions a day"


def rounded(a_day: float) -> str:
    """A pace as people read it."""
    return f"{a_day:,.0f}" if a_day >= 10 else f"{a_day:.1f}"
