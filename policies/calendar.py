"""When nothing may be widened: freezes, weekly windows and holidays, by the wall clock of one place."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from policies.part import Part

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Days of the week as a policy names them, Monday first."""

ALL = ("*/*",)


def _real(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no such day or time: {text}") from None
    return text


Moment = Annotated[
    str,
    Field(pattern=r"^20\d\d-\d\d-\d\d([ T]\d\d:\d\d)?$"),
    AfterValidator(_real),
]
"""A day, or a day and a time, by the wall clock of the calendar's zone."""

ClockTime = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A time of day; 24:00 is the midnight that ends it."""

Holiday = Annotated[str, Field(pattern=r"^(20\d\d-\d\d-\d\d|[A-Z]{2}(-[A-Z0-9]{1,3})?)$")]
"""A day, or a country or part of one whose public holidays are meant."""

RolloutPattern = Annotated[
    str, Field(pattern=r"^([a-z0-9][a-z0-9_.-]*\*?|\*)/([a-z]+|\*)$", max_length=80)
]
"""Which rollouts: TENANT/ROUTE, either of them `*`, and a tenant may end in `*`."""


def covers(patterns: tuple[str, ...], tenant: str, route: str) -> bool:
    """Whether any of the patterns takes a rollout."""
    return any(fnmatchcase(f"{tenant}/{route}", pattern) for pattern in patterns)


def beginning(moment: str) -> datetime:
    """When a moment begins, without a zone; a day begins at midnight."""
    return datetime.fromisoformat(moment)


def ending(moment: str) -> datetime:
    """When a moment is over, without a zone; a day is over at the next midnight."""
    begins = datetime.fromisoformat(moment)
    return begins if len(moment) > len("2026-12-24") else begins + timedelta(days=1)


class Freeze(Part):
    """A span in which nothing is widened. Days count whole, the last one too."""

    start: Moment
    end: Moment
    reason: str = Field(min_length=1, max_length=200)
    rollouts: tuple[RolloutPattern, ...] = Field(
        default=ALL, min_length=1, description="Which rollouts, as in clinic-a/* or */audio."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if ending(self.end) <= beginning(self.start):
            raise ValueError("`end` is not after `start`; nothing would ever be frozen")
        return self


class Weekly(Part):
    """A window of every week in which nothing is widened; past midnight where it ends before it starts."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        min_length=1, description="The days on which it starts."
    )
    start: ClockTime = "00:00"
    end: ClockTime = "24:00"
    reason: str = Field(min_length=1, max_length=200)
    rollouts: tuple[RolloutPattern, ...] = Field(default=ALL, min_length=1)

    @model_validator(mode="after")
    def _starts_within_the_day(self) -> Self:
        if self.start == "24:00":
            raise ValueError("`start: 24:00` is the end of a day; write 00:00 of the next day")
        return self

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """The window that starts on a day, without a zone; None where none does."""
        if DAYS[day.weekday()] not in self.days:
            return None
        begins = datetime.combine(day, time.fromisoformat(self.start))
        hours, minutes = (int(part) for part in self.end.split(":"))
        ends = datetime.combine(day, time()) + timedelta(hours=hours, minutes=minutes)
        return begins, ends if ends > begins else ends + timedelta(days=1)


class Calendar(Part):
    """When nothing may be widened. Rollbacks are never held up by it."""

    zone: str = Field(default="UTC", description="IANA time zone, as in Asia/Kuala_Lumpur.")
    freezes: tuple[Freeze, ...] = ()
    weekly: tuple[Weekly, ...] = ()
    holidays: tuple[Holiday, ...] = Field(
        default=(),
        description="Days (2026-12-24), and public holidays of a country (MY) or of a part of it "
        "by its ISO 3166-2 code (MY-10).",
    )
