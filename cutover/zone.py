"""Moments as people of a deployment read them: in UTC, and beside it on their clinics' clock. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from policies.policy import Policy


def zone_of(policy: Policy) -> str:
    """The zone of the calendar where there is one, else the one in which coverage of the day is asked."""
    return policy.calendar.zone if policy.calendar else policy.terms.coverage.zone


def moment(us: int, zone: str) -> str:
    """Microseconds of UTC: `2026-11-21 04:10 UTC (12:10 Kuala Lumpur)`. What is shown is never before the moment."""
    utc = datetime.fromtimestamp(-(-us // 1_000_000), UTC)
    clock = "%H:%M:%S" if utc.second else "%H:%M"
    told = f"{utc:%Y-%m-%d} {utc:{clock}} UTC"
    if zone == "UTC":
        return told
    there = utc.astimezone(ZoneInfo(zone))
    day = "" if there.date() == utc.date() else f"{there:%b %d} "
    return f"{told} ({day}{there:{clock}} {zone.rpartition('/')[2].replace('_', ' ')})"
