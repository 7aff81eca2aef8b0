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
    """How long a candidate was busy with one rollout's requests, by the hour, in microseconds.

    With those that it `served`, of which all were measured, and with `copies` of some of the others.
    """

    served: dict[int, int] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)

    def add(self, accepted_us: int, took_us: int, *, copy: bool) -> None:
        """Counts an answer. What is older than HOURS before it is forgotten when a new hour begins."""
        hour = accepted_us // HOUR_US
        if hour not in self.served:
            self.served = {one: us for one, us in self.served.items() if one > hour - HOURS}
            self.copies = {one: us for one, us in self.copies.items() if one > hour - HOURS}
        served, copied = (0, took_us) if copy else (took_us, 0)
        self.served[hour] = self.served.get(hour, 0) + served
        self.copies[hour] = self.copies.get(hour, 0) + copied

    def known(self, now_us: int) -> bool:
        """Whether anything was measured in the last HOURS."""
        return any(hour > now_us // HOUR_US - HOURS for hour in self.served)

    def in_flight(self, now_us: int, copied: float = math.inf) -> float:
        """Requests in flight on the mean of the busiest hour of the last HOURS.

        `copied` is the part of what the candidate did not serve that it was sent copies of; of what it
        served alone where that is not given.
        """
        oldest = now_us // HOUR_US - HOURS
        whole = [
            us + self.copies.get(hour, 0) / copied
            for hour, us in self.served.items()
            if hour > oldest
        ]
        return max(whole, default=0) / HOUR_US


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


def unknown(upstream: str, to_share: float) -> str:
    """Why a widening waits of which nobody knows what it brings."""
    return (
        f"what widening to {to_share:g} % would bring to {upstream} is not known: none of its answers to this rollout "
        "was measured in the last 7 days, or `sampling.shadow_percent` is 0"
    )
