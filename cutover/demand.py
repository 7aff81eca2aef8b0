"""What widening asks of a candidate's server: requests in flight in its busiest hour, against what it takes.

By Little's law a rollout has in flight, on the mean of an hour, the time that its answers took in that hour over
an hour. Copies are not counted: they give way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

HOUR_US = 3_600_000_000
HOURS = 7 * 24
"""The busiest hour of so many counts, so that a quiet Sunday does not speak for Monday."""


@dataclass(slots=True)
class Busy:
    """How long a candidate was busy with one rollout's requests, by the hour, in microseconds."""

    hours: dict[int, int] = field(default_factory=dict)

    def add(self, accepted_us: int, took_us: int) -> None:
        """Counts an answer. What is older than HOURS before it is forgotten when a new hour begins."""
        hour = accepted_us // HOUR_US
        if hour not in self.hours:
            self.hours = {one: us for one, us in self.hours.items() if one > hour - HOURS}
        self.hours[hour] = self.hours.get(hour, 0) + took_us

    def in_flight(self, now_us: int) -> float:
        """Requests in flight on the mean of the busiest hour of the last HOURS."""
        oldest = now_us // HOUR_US - HOURS
        return (
            max([us for hour, us in self.hours.items() if hour > oldest], default=0) / HOUR_US
        )


def peak(mean: float) -> int:
    """Requests in flight that are seldom exceeded where so many are on the mean: twice the root above it.

    What is in flight at once is about Poisson distributed; that much is exceeded one time in forty.
    """
    return math.ceil(round(mean + 2 * math.sqrt(mean), 6))


def short(upstream: str, before: float, more: float, accepted: int, to_share: float) -> str:
    """Why a widening that brings `more` in flight to `before` is too much; "" where there is room."""
    needed = peak(before + more)
    if needed <= accepted:
        return ""
    return (
        f"widening to {to_share:g} % would bring {needed:,} requests in flight to {upstream} in a busy hour, "
        f"and it takes {accepted:,}: {needed - accepted:,} too many"
    )
