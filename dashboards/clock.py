"""Moments as people read them: in UTC, and beside it on the clinics' own clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a zone (IANA, as in Asia/Kuala_Lumpur). One that this machine does not know is UTC alone."""

    zone: str = "UTC"

    def when(self, at_us: int) -> str:
        """A moment: `2026-11-21 04:10 UTC (12:10 Kuala Lumpur)`."""
        utc = _moment(at_us)
        told = f"{utc:%Y-%m-%d %H:%M} UTC"
        if (there := self._there(utc)) is None:
            return told
        day = "" if there.date() == utc.date() else f"{there:%b %d} "
        return f"{told} ({day}{there:%H:%M} {self.place})"

    def time_of_day(self, at_us: int) -> str:
        """A moment's time of day, to the second."""
        utc = _moment(at_us)
        there = self._there(utc)
        told = f"{utc:%H:%M:%S} UTC"
        return told if there is None else f"{told} ({there:%H:%M:%S} {self.place})"

    def midnight_us(self, day: date) -> int:
        """When a day begins there, in microseconds since 1970 UTC; never before 1970."""
        zone = UTC if self.zone == "UTC" else self._zone() or UTC
        begins = datetime.combine(day, time.min, zone)
        return max(0, round(begins.timestamp() * 1_000_000))

    @property
    def place(self) -> str:
        """The city that the zone is named after."""
        return self.zone.rpartition("/")[2].replace("_", " ")

    def _there(self, utc: datetime) -> datetime | None:
        zone = None if self.zone == "UTC" else self._zone()
        return None if zone is None else utc.astimezone(zone)

    def _zone(self) -> ZoneInfo | None:
        try:
            return ZoneInfo(self.zone)
        except (
            OSError,
            ValueError,
            ZoneInfoNotFoundError,
        ):  # a zone unknown here, or no name of one
            return None


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC)
