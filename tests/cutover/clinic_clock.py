"""Moments of a clinic's wall clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

LUMPUR = ZoneInfo("Asia/Kuala_Lumpur")


def at(text, zone=LUMPUR):
    """A moment of the clinic's clock, in microseconds of UTC; 2026-11-23 is a Monday."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1e6)
