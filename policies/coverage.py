"""Which times of the clock the evidence must cover: how many hours, and the strata of a clinic's week."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from policies.calendar import DAYS, ClockTime
from policies.gates import Gates
from policies.part import Grown, Part

WEEK_MINUTES = 7 * 24 * 60
DAY_MINUTES = 24 * 60

DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

OFFICE_DAYS: tuple[DayName, ...] = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY: tuple[DayName, ...] = (*OFFICE_DAYS, "sat", "sun")

Wider = Annotated[float, Field(gt=0, lt=1)] | None


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no name at all; a folder of names
        raise ValueError(
            f"there is no time zone `{name}`; write it as in Asia/Kuala_Lumpur"
        ) from None
    return name


class Stratum(Part):
    """A part of every week, by the wall clock; past midnight where it ends before it starts.

    Several of one name are one stratum together. Of those that take a minute the first counts.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    days: tuple[DayName, ...] = Field(
        default=EVERY_DAY, min_length=1, description="The days on which it starts."
    )
    start: ClockTime = "00:00"
    end: ClockTime = "24:00"

    @model_validator(mode="after")
    def _starts_within_the_day(self) -> Self:
        if self.start == "24:00":
            raise ValueError("`start: 24:00` is the end of a day; write 00:00 of the next day")
        return self

    def minutes(self) -> Iterator[int]:
        """Its minutes of the week, from Monday's midnight."""
        start, end = _minute(self.start), _minute(self.end)
        length = end - start if end > start else end + DAY_MINUTES - start
        for day in self.days:
            first = DAYS.index(day) * DAY_MINUTES + start
            yield from ((first + n) % WEEK_MINUTES for n in range(length))


DAY_NIGHT_AND_PEAK = (
    Stratum(name="peak", days=OFFICE_DAYS, start="09:00", end="12:00"),
    Stratum(name="peak", days=OFFICE_DAYS, start="14:00", end="17:00"),
    Stratum(name="night", start="21:00", end="07:00"),
    Stratum(name="day"),
)
"""Consultation hours of office days, the night, and everything else."""


class StratumMargins(Part):
    """What each gate must show within one stratum: wider than over all, for there are fewer sessions."""

    equivalence: Wider = Field(default=None, description="Null for twice the gate's margin.")
    errors: Wider = Field(default=None, description="Null for 1.62 times the gate's bar.")
    latency: Wider = Field(default=None, description="Null for 1.6 times the gate's bar.")
    flags: Wider = Field(default=None, description="Null for 1.6 times the gate's bar.")

    def faults(self, gates: Gates) -> Iterator[tuple[str, str]]:
        """Margins that would ask more of a stratum than is asked of the whole, or nothing at all."""
        pairs = {
            "equivalence": (self.equivalence, gates.equivalence.margin),
            "errors": (self.errors, gates.errors.at_most),
            "latency": (self.latency, gates.latency.at_most),
            "flags": (self.flags, gates.flags.at_most),
        }
        for name, (wider, whole) in pairs.items():
            if wider is not None and wider < whole:
                yield name, f"is {wider:g}, less than the gate's own {whole:g}; raise it"
        clip = gates.equivalence.clip
        if self.equivalence is not None and self.equivalence >= clip:
            yield "equivalence", f"must be smaller than the gate's `clip`, {clip:g}"


class Coverage(Grown):
    """How much of the clock the evidence must span before a promotion out of mirror."""

    LATER: ClassVar[frozenset[str]] = frozenset({"zone", "strata", "margins"})

    hours: float = Field(default=24, ge=0)
    zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Asia/Kuala_Lumpur", description="IANA time zone of the clinic's clock."
    )
    strata: tuple[Stratum, ...] | None = Field(
        default=None,
        description="Null for peak, night and day where `hours` is 24 or more; [] for none.",
    )
    margins: StratumMargins = StratumMargins()

    @property
    def asked(self) -> tuple[Stratum, ...]:
        """The strata that must be covered."""
        if self.strata is not None:
            return self.strata
        return DAY_NIGHT_AND_PEAK if self.hours >= 24 else ()

    @model_validator(mode="after")
    def _every_minute_has_its_stratum(self) -> Self:
        if not self.strata:
            return self
        week = minutes_of_the_week(self.strata)
        if "" in week:
            raise ValueError(
                f"no stratum takes {_told(week.index(''))}; let the last one have no `start` "
                "and `end`, and it takes all that is left"
            )
        for one in self.strata:
            if one.name not in week:
                raise ValueError(
                    f"the stratum `{one.name}` never comes: those before it take all of its time"
                )
        return self


@lru_cache(maxsize=256)
def minutes_of_the_week(strata: tuple[Stratum, ...]) -> tuple[str, ...]:
    """The stratum of each minute of the week, from Monday's midnight; "" where none takes it."""
    week = [""] * WEEK_MINUTES
    for one in reversed(strata):  # the first that fits is written last
        for minute in one.minutes():
            week[minute] = one.name
    return tuple(week)


def _minute(clock: str) -> int:
    hours, minutes = (int(part) for part in clock.split(":"))
    return hours * 60 + minutes


def _told(minute: int) -> str:
    day, rest = divmod(minute, DAY_MINUTES)
    return f"{DAYS[day]} {rest // 60:02}:{rest % 60:02}"
