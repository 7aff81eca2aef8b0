"""When stored requests may be sent again: by night, seldom, not too many, and not while people are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cutover.evidence.sessions import SECOND_US
from policies.low_traffic import Resend

DAY_US = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class Night:
    """What is known at a moment. `sent` counts requests of the last 24 hours, `resent` and `live` the mirror's
    sessions of stored requests and of clients, `busy` clients' requests of the last minute."""

    now_us: int
    sent: int
    resent: int
    live: int
    busy: int


def why_not(terms: Resend, zone: str, night: Night) -> str:
    """Why nothing is sent now, as a clause; "" where something may be."""
    local = datetime.fromtimestamp(night.now_us // SECOND_US, UTC).astimezone(ZoneInfo(zone))
    if not _within(terms, f"{local:%H:%M}"):
        return f"it is {local:%H:%M} in {zone}, and stored requests are sent from {terms.start} to {terms.end}"
    if night.busy >= terms.busy_from:
        return (
            f"people ask the candidate's upstream: {night.busy:,} requests in the last minute"
        )
    if night.sent >= terms.per_day:
        return f"{night.sent:,} requests were sent in 24 hours, as many as the policy allows"
    if night.resent >= allowed(terms, night.live):
        return (
            f"{night.resent:,} sessions of stored requests stand beside {night.live:,} of clients: "
            f"more would be over {terms.at_most:.0%} of all"
        )
    return ""


def allowed(terms: Resend, live: int) -> int:
    """So many sessions of stored requests may stand beside those of clients."""
    return int(live * terms.at_most / (1 - terms.at_most) + 1e-9)


def _within(terms: Resend, clock: str) -> bool:
    """Whether a time of day is in the hours; past midnight where they end before they start."""
    if terms.start < terms.end:
        return terms.start <= clock < terms.end
    return clock >= terms.start or clock < terms.end
