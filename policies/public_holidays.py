"""Public holidays of countries and their parts, from the package `holidays`.

It is imported on first use: with its lunar calendars that takes seconds, which only a policy that
names a country pays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache


def unknown(code: str) -> str:
    """What is wrong with a code such as MY or MY-10; "" for nothing."""
    import holidays

    country, _, part = code.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        return f"no public holidays of `{country}` are known; list its days one by one"
    if part and part not in known[country]:
        parts = ", ".join(known[country]) or "none"
        return f"no part `{part}` of {country} is known; known: {parts}"
    return ""


def name_of(code: str, day: date) -> str:
    """The holiday that a day is there, "" for none."""
    return _year(code, day.year).get(day, "")


@lru_cache(maxsize=256)
def _year(code: str, year: int) -> Mapping[date, str]:
    import holidays

    country, _, part = code.partition("-")
    # A country with one list for all its parts would take no part at all.
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year).items())
