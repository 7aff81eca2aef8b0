"""What is frozen, by whom and why, and what a person may do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboards import words
from dashboards.clock import Clock
from dashboards.me import Me

PATH, BREAKS = "/v1/freezes", "/v1/freezes/breaks"
DAY_S = 86_400
LENGTHS = {
    "until it is lifted": None,
    "4 hours": 4 * 3600,
    "1 day": DAY_S,
    "3 days": 3 * DAY_S,
    "1 week": 7 * DAY_S,
    "2 weeks": 14 * DAY_S,
    "30 days": 30 * DAY_S,
}
"""How long a freeze may last, in seconds."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A freeze that a person placed, or the breaking of what is frozen; `until_us` is 0 for no end."""

    tenant: str
    route: str
    kind: str
    until_us: int
    by: str
    reason: str
    at_us: int
    name: str

    @property
    def id(self) -> str:
        """What tells it from every other."""
        return f"{self.kind} {self.name} {self.at_us}"

    @property
    def broken(self) -> bool:
        """Whether freezes do not count here for a while."""
        return self.kind == "broken"


@dataclass(frozen=True, slots=True)
class Freezes:
    """What people placed and broke, and why each rollout that is frozen may not be widened, by `tenant/route`.

    A page of these rollouts; `next` goes on with more of them.
    """

    freezes: tuple[Freeze, ...]
    frozen: dict[str, str]
    next: str | None = None

    def joined(self, more: Freezes) -> Freezes:
        """With the frozen rollouts of the page behind it."""
        return replace(self, frozen=self.frozen | more.frozen, next=more.next)


def title(one: Freeze) -> str:
    """What it is about, with a sign."""
    return f"! freezes of {scope(one)} are broken" if one.broken else f"‖ {scope(one)} frozen"


def scope(one: Freeze) -> str:
    """Which rollouts it is about."""
    return scoped(one.tenant, one.route)


def scoped(tenant: str, route: str) -> str:
    """A tenant and a route in words, "" for every one."""
    if not tenant and not route:
        return "every rollout"
    return f"{tenant or 'every tenant'} / {route or 'every route'}"


def facts(one: Freeze, clock: Clock) -> str:
    """Who did it, when, and when it ends."""
    what = "freezes count again" if one.broken else "ends"
    until = f"{what} {clock.when(one.until_us)}" if one.until_us else "until it is lifted"
    return f"by {one.by}, {clock.when(one.at_us)}; {until}"


def why_not(one: Freeze, me: Me) -> str:
    """Why this person may not end it; "" where they may. The API decides it once more."""
    if not me.may("engineer", one.tenant):
        return f"Ending it needs {me.needs('engineer', one.tenant)}."
    if not one.broken and one.by != me.name and not me.may("lead", one.tenant):
        return f"{one.by} placed it; a lead may lift it for them."
    return ""


def frozen_rows(found: Freezes, find: str) -> list[dict[str, str]]:
    """The rollouts that may not be widened and have every word of `find` in their names."""
    sought = find.lower().split()
    return [
        {"rollout": name.replace("/", " / "), "why": why}
        for name, why in sorted(found.frozen.items())
        if all(word in name.lower() for word in sought)
    ]


def placed(tenant: str, route: str, length: str) -> str:
    """What a freeze that was placed does, in one sentence."""
    span = length if LENGTHS.get(length) is None else f"for {length}"
    return f"Frozen: {scoped(tenant, route)}, {span}. Rollbacks work as ever."


def shown(number: int, most: int) -> str:
    """How many of the rows are shown, where not all are; "" where all are."""
    return (
        ""
        if number <= most
        else f"The first {most:,} of {words.counted(number, 'rollout')}; find the others by name."
    )
