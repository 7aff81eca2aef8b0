"""Faults of the calendar between its parts: zones and holidays that nobody knows, no time left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from policies import public_holidays
from policies.calendar import Calendar, Weekly, covers
from policies.explain import suggestion
from policies.fault import Place, listed
from policies.policy import Policy

type Finding = tuple[Place, str]

_MONDAY = date(2024, 1, 1)
_WEEK_MINUTES = 7 * 24 * 60


def calendar_faults(policy: Policy) -> Iterator[Finding]:
    """Every fault of the calendar."""
    calendar = policy.calendar
    if calendar is None:
        return
    yield from _zone(calendar)
    yield from _holidays(calendar)
    for at, freeze in enumerate(calendar.freezes):
        yield from unmatched(policy, freeze.rollouts, ("calendar", "freezes", at, "rollouts"))
    for at, weekly in enumerate(calendar.weekly):
        yield from unmatched(policy, weekly.rollouts, ("calendar", "weekly", at, "rollouts"))
    yield from _no_time_left(policy, calendar.weekly)


def unmatched(policy: Policy, patterns: tuple[str, ...], place: Place) -> Iterator[Finding]:
    """Patterns that take no rollout of the policy."""
    known = [(one.tenant, one.route.value) for one in policy.rollouts]
    for at, pattern in enumerate(patterns):
        if not any(covers((pattern,), *key) for key in known):
            names = ["/".join(key) for key in known]
            meant = suggestion(pattern, names) or ";"
            yield (
                (*place, at),
                f"no rollout fits `{pattern}`{meant} declared: {listed(names)}",
            )


def _zone(calendar: Calendar) -> Iterator[Finding]:
    try:
        ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        meant = suggestion(calendar.zone, available_timezones())
        yield (
            ("calendar", "zone"),
            f"there is no time zone `{calendar.zone}`{meant or ';'} write it as in Asia/Kuala_Lumpur",
        )


def _holidays(calendar: Calendar) -> Iterator[Finding]:
    for at, holiday in enumerate(calendar.holidays):
        place: Place = ("calendar", "holidays", at)
        if holiday[0].isdigit():
            try:
                date.fromisoformat(holiday)
            except ValueError:
                yield place, f"there is no such day: {holiday}"
        elif wrong := public_holidays.unknown(holiday):
            yield place, wrong


def _no_time_left(policy: Policy, weekly: tuple[Weekly, ...]) -> Iterator[Finding]:
    """Rollouts that the weekly windows keep frozen around the clock."""
    stuck = [
        f"{one.tenant}/{one.route}"
        for one in policy.rollouts
        if _covered([w for w in weekly if covers(w.rollouts, one.tenant, one.route.value)])
    ]
    if stuck:
        yield (
            ("calendar", "weekly"),
            f"leave no minute of the week in which {listed(stuck)} could be widened; "
            "`pinned: primary` keeps a tenant where it is",
        )


def _covered(windows: list[Weekly]) -> bool:
    """Whether windows cover every minute of a week."""
    minutes: set[int] = set()
    for window in windows:
        for day in (_MONDAY + timedelta(days=n) for n in range(7)):
            found = window.on(day)
            if found is None:
                continue
            start = (day - _MONDAY).days * 1440 + found[0].hour * 60 + found[0].minute
            length = round((found[1] - found[0]).total_seconds() / 60)
            minutes.update((start + n) % _WEEK_MINUTES for n in range(length))
    return len(minutes) == _WEEK_MINUTES
