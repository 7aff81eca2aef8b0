"""Which comparisons people look for, and what they say of one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.clock import Clock
from dashboards.pairs import Comparison

PATH = "/v1/comparisons"
LABELS = {"better": "B", "same": "S", "worse": "W", "unsafe": "U"}
"""What a reviewer may say of the candidate's answer, each with its key."""
SAY_WHY = ("worse", "unsafe")
DAY_US = 86_400_000_000
TIMES = {"": "any time", "1": "the last day", "7": "the last 7 days", "30": "the last 30 days"}


@dataclass(frozen=True, slots=True)
class FoundFlag:
    """A flag without its words."""

    code: str
    severity: str


@dataclass(frozen=True, slots=True)
class Given:
    """One person's label of a comparison."""

    name: str
    label: str
    note: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Found:
    """One comparison, without any text."""

    number: int
    tenant: str
    route: str
    at_us: int
    stage: str
    serving: str
    equivalence: float | None
    no_score: str
    flags: tuple[FoundFlag, ...]
    labels: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of comparisons, newest first; `next` goes on with older ones."""

    comparisons: tuple[Found, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Opened(Comparison):
    """One comparison with its texts, whose it is, and what people said of it."""

    tenant: str = ""
    route: str = ""
    labels: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a label led to: the number of the incident that is open for an unsafe one, and the rollouts that it holds."""

    incident: int | None = None
    held: tuple[str, ...] = ()


UNSAFE = (
    "Unsafe says that it could harm a patient, and is an incident at once: the exchange is kept for good, and this "
    "rollout and every other one with the same candidate are widened no further until somebody closes it. "
    "Rollbacks work as ever."
)


@dataclass(frozen=True, slots=True)
class Search:
    """What people look for; "" for any. `days` back from now."""

    tenant: str = ""
    route: str = ""
    flag: str = ""
    severity: str = ""
    labelled: str = ""
    days: str = ""

    def asked(self, now_us: int) -> dict[str, str]:
        """As the API is asked."""
        given = {
            "tenant": self.tenant.strip(),
            "route": self.route,
            "flag": self.flag.strip().upper(),
            "severity": self.severity,
            "labelled": self.labelled,
            "since_us": f"{now_us - int(self.days) * DAY_US}" if self.days.isdecimal() else "",
        }
        return {name: value for name, value in given.items() if value}


def agreement(one: Found) -> str:
    """How alike the answers are, or why that has no score."""
    return words.score(one.equivalence) if one.equivalence is not None else one.no_score or "–"


def none_found(search: Search) -> str:
    """What to do where nothing is found: ask for less, or have something compared."""
    if search != Search():
        return "No comparison fits. Ask for less: a shorter name, any route, any time."
    return (
        "Nothing was compared yet. Requests of a tenant in mirror pass the proxy, and a worker compares "
        "(`crossfade worker`, or `crossfade up`)."
    )


def said_of(one: Found) -> str:
    """What people said of it, in few words; a dash for nothing."""
    return ", ".join(f"{given.label} ({given.name})" for given in one.labels) or "–"


def came_of(label: str, made: Said) -> str:
    """What a label that was given led to."""
    if made.incident is None:
        return f"You said: {label}."
    held = ", ".join(made.held) or "no rollout"
    return (
        f"You said: {label}. Incident {made.incident} is open, and the exchange is kept. Widened no further until it "
        f"is closed: {held}."
    )


def said(given: Given, clock: Clock) -> str:
    """What one person said."""
    note = f": {given.note}" if given.note else ""
    return f"{given.name} says {given.label}{note} ({clock.when(given.at_us)})"
