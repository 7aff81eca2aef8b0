"""Faults of a plan: who is in it, in which order, and whether it could ever come to its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from policies.calendar import covers
from policies.explain import suggestion
from policies.fault import Place, listed
from policies.plan import LIVE, MIRROR, Entry, Plan
from policies.policy import Policy, Rollout
from policies.routes import Route
from policies.scheduling import unmatched

type Finding = tuple[Place, str]


def plan_faults(policy: Policy) -> Iterator[Finding]:
    """Every fault of the plan."""
    plan = policy.plan
    if plan is None:
        return
    first: dict[str, int] = {}
    for at, entry in enumerate(plan.entries):
        place: Place = ("plan", "entries", at)
        earlier = first.setdefault(entry.name, at)
        if earlier != at:
            yield (*place, "name"), f"is also the name of entries[{earlier}]; rename one"
        yield from unmatched(policy, entry.rollouts, (*place, "rollouts"))
        yield from _conditions(plan, at, entry, place)
        for rollout in _members(policy, entry):
            yield from _reach(policy, entry, rollout, place)
    yield from _days(plan)
    yield from _twice(policy, plan)


def _members(policy: Policy, entry: Entry) -> list[Rollout]:
    return [
        one for one in policy.rollouts if covers(entry.rollouts, one.tenant, one.route.value)
    ]


def _conditions(plan: Plan, at: int, entry: Entry, place: Place) -> Iterator[Finding]:
    names = [one.name for one in plan.entries]
    for number, name in enumerate(entry.if_held):
        here = (*place, "if_held", number)
        if name not in names:
            known = listed(names[:at])
            meant = suggestion(name, names) or ";"
            yield here, f"there is no entry `{name}`{meant} earlier entries: {known}"
        elif name not in names[:at]:
            circle = _circle(plan, entry.name, name)
            yield (
                here,
                circle or f"`{name}` stands further down; an entry waits for earlier ones",
            )
    if entry.held_hours and not entry.if_held:
        yield (*place, "held_hours"), "has no effect without `if_held`"
    if entry.day is not None and entry.not_before is not None:
        yield (*place, "not_before"), "is given beside `day`; keep one of them"
    awaited = {other for one in plan.entries for other in one.if_held}
    # An unknown name may stand for this one.
    if entry.drill and entry.name not in awaited and awaited <= set(names):
        yield (*place, "drill"), "has no effect: no entry has this one in `if_held`"
    if entry.drill and entry.goal == MIRROR:
        yield (*place, "drill"), "has no effect in mirror: there is nothing to roll back"


def _circle(plan: Plan, start: str, towards: str) -> str:
    """Says that entries wait for each other, "" where they do not."""
    waits = {one.name: one.if_held for one in plan.entries}
    way, seen = [start, towards], {towards}
    while way[-1] != start:
        onward = [name for name in waits.get(way[-1], ()) if name == start or name not in seen]
        if not onward:
            return ""
        way.append(start if start in onward else onward[0])
        seen.add(way[-1])
    return f"entries wait for each other: {' -> '.join(way)}"


def _days(plan: Plan) -> Iterator[Finding]:
    """Days that fall from one entry to the next."""
    last: datetime | None = None
    for at, entry in enumerate(plan.entries):
        begins = plan.begins(entry)
        if begins is not None and last is not None and begins < last:
            key = "day" if entry.day is not None else "not_before"
            yield (
                ("plan", "entries", at, key),
                f"is {begins:%Y-%m-%d %H:%M}, before an earlier entry's {last:%Y-%m-%d %H:%M}; "
                "entries stand in the order in which they begin",
            )
        last = max(last or begins, begins) if begins is not None else last


def _twice(policy: Policy, plan: Plan) -> Iterator[Finding]:
    """Rollouts that an entry takes no further than an earlier one did."""
    reached: dict[tuple[str, str], tuple[int, str]] = {}
    for at, entry in enumerate(plan.entries):
        stuck: dict[str, list[str]] = {}
        for one in _members(policy, entry):
            key = (one.tenant, one.route.value)
            goal, name = reached.get(key, (-1, ""))
            if entry.goal <= goal:
                stuck.setdefault(name, []).append("/".join(key))
            else:
                reached[key] = (entry.goal, entry.name)
        for name, names in stuck.items():
            yield (
                ("plan", "entries", at, "rollouts"),
                f"{listed(names)}: entry `{name}` takes them as far already; a rollout may stand in "
                "two entries only where the later one takes it further",
            )


def _reach(policy: Policy, entry: Entry, rollout: Rollout, place: Place) -> Iterator[Finding]:
    """An entry's end that one of its rollouts could never get to."""
    name = f"{rollout.tenant}/{rollout.route}"
    owner = policy.tenants.get(rollout.tenant)
    if entry.goal > MIRROR and owner is not None and owner.pinned is not None:
        yield (*place, "until"), f"{name} never gets there: its tenant is pinned to the primary"
    if not MIRROR < entry.goal < LIVE:
        return
    steps = len(policy.terms_of(rollout).steps)
    if rollout.route is Route.EMBED:
        yield (*place, "until"), f"{name} has no steps: embeddings go live at once"
    elif entry.goal > steps:
        yield (*place, "until"), f"{name} has {steps} steps"
