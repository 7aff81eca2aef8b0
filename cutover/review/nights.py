"""When the event log is reviewed: once for every time that the clinics' clock shows the hour of the policy. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from policies.calendar import DAYS
from policies.reviews import Review

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What the log tells, in microseconds of UTC: when it was reviewed last, when payloads were looked at too, and
    when it began; None for never."""

    last_us: int | None
    payloads_us: int | None
    begun_us: int | None


@dataclass(frozen=True, slots=True)
class Night:
    """A review that is due since `since_us`; `payloads` says that kept payloads are opened too."""

    since_us: int
    payloads: bool


def due(terms: Review, zone: str, now_us: int, known: Known) -> Night | None:
    """The review that is due now; None for none.

    However many were missed, one makes up for them. Where nothing was ever reviewed, the log's beginning counts as the
    last time. A moment that is still to come was told by a wrong clock, and counts as long ago: the review that
    follows is told by the right one, so it is made up for once too.
    """
    if terms.at is None or known.begun_us is None:
        return None
    since_us = newest(terms.at, zone, now_us)
    if _before(known.last_us, known.begun_us, now_us) >= since_us:
        return None
    return Night(since_us, _with_payloads(terms.at, terms.payloads, zone, now_us, known))


def _with_payloads(at: str, weekday: str | None, zone: str, now_us: int, known: Known) -> bool:
    """Whether payloads were not looked at since the day of the week on which they are."""
    if weekday is None or known.begun_us is None:
        return False
    return _before(known.payloads_us, known.begun_us, now_us) < newest(
        at, zone, now_us, weekday
    )


def _before(last_us: int | None, begun_us: int, now_us: int) -> int:
    since_us = begun_us if last_us is None else last_us
    return since_us if since_us <= now_us else 0


def newest(at: str, zone: str, now_us: int, weekday: str | None = None) -> int:
    """When the clock of a zone showed this time of day last, on that day of the week where one is named.

    A time that is left out when clocks go forward is as many minutes later that day; of one that comes twice the first counts.
    """
    now = _EPOCH + now_us * _US
    clock = time() if at == "24:00" else time.fromisoformat(at)
    today = now.astimezone(ZoneInfo(zone)).date()
    for back in range(9):
        day = today - timedelta(days=back)
        moment = datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
        if moment <= now and weekday in {None, DAYS[day.weekday()]}:
            return (moment - _EPOCH) // _US
    raise AssertionError("nine days in a row have every day of the week")
