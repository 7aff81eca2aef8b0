"""Who did what, and when: the event log as people look through it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboards.clock import Clock

PATH = "/v1/events"
DAY_US = 86_400_000_000
BETWEEN = "between"
TIMES = {
    "": "any time",
    "1": "the last day",
    "7": "the last 7 days",
    "30": "the last 30 days",
    BETWEEN: "between two days",
}
DEEDS = {
    "": "everything",
    "people": "what people did",
    "system": "what the system did",
    "refused": "attempts without a right",
}
ORDERS = {"": "by the time told", "recorded": "as recorded"}
SLACK_US = 60_000_000
"""An event may tell a time so far from when it was recorded: it waited for its turn, or for the signature of the one before."""
ITS_OWN = "the deployment"
_ONE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,127})?/([1-9]\d{0,15})")


@dataclass(frozen=True, slots=True)
class Event:
    """One event, with the tenant in whose log it stands, "" for the deployment's own; `body` is all of it as it was hashed.

    It was recorded between two moments, 0 where one is not known, whatever time it tells.
    """

    seq: int
    at_us: int
    type: str
    actor: dict[str, str]
    object: dict[str, str]
    outcome: str | None
    reason: str | None
    details: dict[str, Any] | None
    tenant: str
    body: str = ""
    recorded_after_us: int = 0
    recorded_before_us: int = 0

    @property
    def id(self) -> str:
        """As `crossfade prove` is given it: `clinic-a/1204`, `/7` in the deployment's own log."""
        return f"{self.tenant}/{self.seq}"


@dataclass(frozen=True, slots=True)
class Log:
    """A page of events, newest first; `next` goes on with older ones."""

    events: tuple[Event, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Search:
    """What people look for; "" for any. `days` back from now, or from the begin of `first` to the end of `last`."""

    tenant: str = ""
    actor: str = ""
    kind: str = ""
    days: str = ""
    object: str = ""
    deeds: str = ""
    first: date | None = None
    last: date | None = None
    order: str = ""

    def asked(self, now_us: int, clock: Clock = Clock()) -> dict[str, str]:  # noqa: B008 - a value
        """As the API is asked; days begin at midnight of the clock."""
        since_us = until_us = ""
        if self.days.isdecimal():
            since_us = f"{now_us - int(self.days) * DAY_US}"
        elif self.days == BETWEEN:
            since_us = f"{clock.midnight_us(self.first)}" if self.first else ""
            until_us = f"{clock.midnight_us(_day_after(self.last))}" if self.last else ""
        given = {
            "tenant": self.tenant.strip(),
            "actor": self.actor.strip(),
            "kind": self.kind.strip(),
            "object": self.object.strip(),
            "deeds": self.deeds,
            "since_us": since_us,
            "until_us": until_us,
            "order": self.order if self.tenant.strip() else "",
        }
        return {name: value for name, value in given.items() if value}


def _day_after(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def one(written: str) -> dict[str, str] | None:
    """How the API is asked for the event that an address names; None where it names none."""
    found = _ONE.fullmatch(written)
    return {"tenant": found[1] or "", "seq": found[2], "limit": "1"} if found else None


@dataclass(frozen=True, slots=True)
class Link:
    """A way from an event to the page of what it is about."""

    label: str
    page: str
    query: dict[str, str]


def links(event: Event) -> list[Link]:
    """The rollout, the proposal, the comparison and the incident that an event names."""
    details, found = event.details or {}, []
    tenant, _, route = event.object.get("id", "").rpartition("/")
    if event.object.get("kind") == "rollout" and tenant:
        key = {"tenant": tenant, "route": route}
        found.append(Link(f"Rollout {tenant} / {route}", "rollout", key))
        if details.get("proposal"):
            found.append(Link("Approvals of it", "approvals", key))
    if isinstance(number := details.get("comparison"), int) and number > 0:
        found.append(Link(f"Comparison #{number}", "comparisons", {"number": f"{number}"}))
    if details.get("incident"):
        found.append(Link("Incidents", "incidents", {}))
    return found


def place(event: Event, clock: Clock) -> str:
    """When it was, of what type it is, and where it stands."""
    return (
        f"{clock.when(event.at_us)}  ·  {event.type}  ·  {event.tenant or ITS_OWN} #{event.seq}"
    )


def mark(event: Event, now_us: int, clock: Clock) -> str:
    """That the time which an event tells is not when it was recorded; "" where it may be."""
    after_us, before_us = event.recorded_after_us, event.recorded_before_us or now_us
    early = event.at_us + SLACK_US < after_us
    late = before_us + SLACK_US < event.at_us
    if not (early or late):
        return ""
    when = f"before {clock.when(before_us)}"
    if after_us:
        when = f"between {clock.when(after_us)} and {clock.when(before_us)}"
    return (
        f"Told {clock.when(event.at_us)}, recorded {when}: a clock was wrong, or it came late."
    )


def ordered(search: Search) -> str:
    """By what the events stand in order, and what a choice of days leaves out."""
    if search.order and search.tenant.strip():
        said = "The newest is the one that stands last in the log."
    else:
        said = "The newest is the one that tells the latest time; one that a wrong clock stamped says when it was recorded."
        if search.order:
            said += " Only the log of one tenant can be shown as it was recorded: name it."
    if search.days:
        said += (
            " Days are those that events tell: what a wrong clock stamped with another day is not shown here, "
            "and is found at any time."
        )
    return said
