"""What the fleet's plan lets go on when, and what each rollout waits for. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboards import words
from dashboards.clock import Clock

PATH = "/v1/plan"
NAMES = 3
"""So many rollouts of an entry are named."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: when it begins (0 for at once), how far its rollouts go, what it waits for.

    `reached` of its `of` rollouts are there; `rollouts` are those that the person may see. `frozen` says what freezes its first rollout when it begins, "" for nothing.
    """

    name: str
    until: str
    begins_us: int
    if_held: tuple[str, ...]
    drill: bool
    rollouts: tuple[str, ...]
    of: int
    reached: int
    done: bool
    waits: str
    frozen: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One rollout: where it stands and what the plan has it wait for; evidence as log10, None for none asked."""

    tenant: str
    route: str
    stands: str
    waits: str
    shown: float | None
    needed: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan as of now, and a page of its rollouts; `next` goes on with more of them."""

    name: str
    false_discoveries: float
    declared: int
    entries: tuple[Entry, ...]
    rollouts: tuple[Planned, ...]
    next: str | None = None

    def joined(self, more: Plan) -> Plan:
        """With the rollouts of the page behind it."""
        return replace(self, rollouts=(*self.rollouts, *more.rollouts), next=more.next)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as the page has it."""

    name: str
    begins: str
    until: str
    state: str
    reached: int
    of: int
    rollouts: str
    after: str
    notes: tuple[str, ...]


def declared(plan: Plan) -> str:
    """What was declared before anything was seen."""
    share = words.percent(100 * plan.false_discoveries)
    return (
        f"Plan {plan.name}: declared with {words.counted(plan.declared, 'rollout')}; "
        f"of its promotions at most {share} false."
    )


def rows(plan: Plan, clock: Clock) -> list[Row]:
    """The entries in the plan's own order, those that are done last."""
    ordered = sorted(plan.entries, key=lambda one: one.done)
    return [_row(one, clock) for one in ordered]


def waiting(plan: Plan, find: str) -> list[dict[str, str]]:
    """The rollouts that wait for the plan and have every word of `find` in their names."""
    sought = find.lower().split()
    return [
        {
            "rollout": f"{one.tenant} / {one.route}",
            "stands": words.named(one.stands),
            "waits for": one.waits or "the evidence that the plan asks for",
            "evidence": _evidence(one),
        }
        for one in plan.rollouts
        if (one.waits or one.needed is not None)
        and all(word in f"{one.tenant} {one.route}".lower() for word in sought)
    ]


def _row(one: Entry, clock: Clock) -> Row:
    drill = (
        ("Who waits for it also waits for a rollback drill of its rollouts.",)
        if one.drill
        else ()
    )
    still = (f"When it begins: {one.frozen}",) if one.frozen else ()
    held = ", ".join(one.if_held)
    return Row(
        name=one.name,
        begins=f"begins {clock.when(one.begins_us)}" if one.begins_us else "begins at once",
        until=f"goes to {one.until}",
        state=_state(one),
        reached=one.reached,
        of=one.of,
        rollouts=_named(one.rollouts),
        after=f"after {held}" if held else "",
        notes=(*still, *drill),
    )


def _state(one: Entry) -> str:
    if one.done:
        return "✓ done"
    if one.waits.startswith("begins "):
        return "○ its day has not come"
    return f"○ {one.waits}" if one.waits else "▶ may go on"


def _named(rollouts: tuple[str, ...]) -> str:
    more = len(rollouts) - NAMES
    listed = ", ".join(name.replace("/", " / ") for name in rollouts[:NAMES])
    return f"{listed} and {more:,} more" if more > 0 else listed or "none that you may see"


def _evidence(one: Planned) -> str:
    if one.needed is None:
        return "none asked here"
    shown = "none yet" if one.shown is None else words.odds(one.shown)
    return f"{shown}; asked {words.odds(one.needed)}"
