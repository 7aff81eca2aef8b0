"""Who did what, and when: the event log as people look through it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dashboards.clock import Clock

PATH = "/v1/events"
DAY_US = 86_400_000_000
TIMES = {"": "any time", "1": "the last day", "7": "the last 7 days", "30": "the last 30 days"}
ITS_OWN = "the deployment"


@dataclass(frozen=True, slots=True)
class Event:
    """One event, with the tenant in whose log it stands; "" for the deployment's own."""

    seq: int
    at_us: int
    type: str
    actor: dict[str, str]
    object: dict[str, str]
    outcome: str | None
    reason: str | None
    details: dict[str, Any] | None
    tenant: str


@dataclass(frozen=True, slots=True)
class Log:
    """A page of events, newest first; `next` goes on with older ones."""

    events: tuple[Event, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Search:
    """What people look for; "" for any. `days` back from now."""

    tenant: str = ""
    actor: str = ""
    kind: str = ""
    days: str = ""

    def asked(self, now_us: int) -> dict[str, str]:
        """As the API is asked."""
        given = {
            "tenant": self.tenant.strip(),
            "actor": self.actor.strip(),
            "kind": self.kind.strip(),
            "since_us": f"{now_us - int(self.days) * DAY_US}" if self.days.isdecimal() else "",
        }
        return {name: value for name, value in given.items() if value}


def rows(log: Log, clock: Clock) -> list[dict[str, str]]:
    """Each event in a row."""
    return [
        {
            "when": clock.when(one.at_us),
            "who": one.actor.get("name", "") or one.actor.get("kind", ""),
            "what": one.type if one.outcome in (None, "ok") else f"{one.type} ({one.outcome})",
            "of": one.object.get("id", "") or one.object.get("kind", ""),
            "because": one.reason or "",
            "details": json.dumps(one.details, ensure_ascii=False) if one.details else "",
            "log": f"{one.tenant or ITS_OWN} #{one.seq}",
        }
        for one in log.events
    ]
