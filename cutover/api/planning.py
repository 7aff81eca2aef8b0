"""The path of the fleet's plan: its entries, whose turn it is, and what each rollout waits for."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter

from cutover.api import cursors
from cutover.api.asked import PAGE_LIMIT, Limit
from cutover.api.call import On, Viewer, seeing
from cutover.api.cursors import AfterKey
from cutover.api.problems import Problem
from cutover.api.shapes import Shape
from cutover.cabinet import Cabinet
from cutover.circumstances import planned
from cutover.history import Key
from cutover.plans.frozen import frozen
from cutover.plans.plan import Turn, named, place_of
from cutover.stages import Stage
from cutover.zone import moment

router = APIRouter(tags=["plan"])
NAMED = 200
"""So many rollouts of an entry are named."""


class EntryShape(Shape):
    """One entry, of `of` rollouts, the first of which are named. `frozen` says what freezes its first one when it begins, "" for nothing."""

    name: str
    until: str
    begins_us: int
    begins: str
    if_held: list[str]
    drill: bool
    rollouts: list[str]
    of: int
    reached: int
    done: bool
    waits: str
    frozen: str


class PlannedShape(Shape):
    """One rollout: where it stands, what the plan has it wait for, and the evidence e-BH asks of it."""

    tenant: str
    route: str
    stands: str
    waits: str
    shown: float
    needed: float | None


class PlanShape(Shape):
    """The plan as of now; clocks are of `zone`. A page of its rollouts, out of `found` that this person may read of."""

    name: str
    false_discoveries: float
    declared: int
    zone: str
    now_us: int
    entries: list[EntryShape]
    rollouts: list[PlannedShape]
    found: int
    next: str | None


@router.get("/v1/plan")
def plan(by: Viewer, on: On, after: AfterKey, limit: Limit = PAGE_LIMIT) -> PlanShape:
    """The plan as of now, its rollouts a page at a time; 404 where the policy has none."""
    found = on.policy.plan
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "the policy has no `plan`")
    cabinet = on.controller.cabinet
    with cabinet.lock:
        assert cabinet.fence, "raises where another controller acts"
        cabinet.open_files()
        cabinet.plan_now()
        fleet = cabinet.fleet
        seen = seeing(by)
        mine = [key for key in sorted(fleet.planned) if seen(key[0])]
        shown, next = cursors.page(mine, after, limit)
        return PlanShape(
            name=found.name,
            false_discoveries=found.false_discoveries,
            declared=len(fleet.declared or ()),
            zone=cabinet.almanac.calendar.zone,
            now_us=cabinet.now_us(),
            entries=[_entry(cabinet, turn, seen) for turn in fleet.turns],
            rollouts=[_rollout(cabinet, key) for key in shown],
            found=len(mine),
            next=next,
        )


def _entry(cabinet: Cabinet, turn: Turn, seen: Callable[[str], bool]) -> EntryShape:
    begins_us, zone = turn.begins_us, cabinet.almanac.calendar.zone
    first = min(turn.members, default=None)
    still = frozen(cabinet.almanac, first, begins_us) if first and turn.entry.goal else None
    ahead = begins_us > cabinet.now_us()
    return EntryShape(
        name=turn.entry.name,
        until=turn.entry.until,
        begins_us=begins_us,
        begins=moment(begins_us, zone) if begins_us else "",
        if_held=list(turn.entry.if_held),
        drill=turn.entry.drill,
        rollouts=["/".join(key) for key in sorted(turn.members) if seen(key[0])][:NAMED],
        of=len(turn.members),
        reached=turn.reached,
        done=turn.done,
        waits=turn.waits or ("" if turn.done else cabinet.clock_off()),
        frozen=still.sentence if still and ahead else "",
    )


def _rollout(cabinet: Cabinet, key: Key) -> PlannedShape:
    file, fleet = cabinet.files[key], cabinet.fleet
    asked = file.rollout.stage is Stage.MIRROR and key in (fleet.declared or ())
    return PlannedShape(
        tenant=key[0],
        route=key[1],
        stands=named(place_of(file.rollout)),
        waits=planned(cabinet, file) or cabinet.clock_off(),
        shown=fleet.value_log10(file.rollout, file.shown_log10),
        needed=fleet.cut_log10(key) if asked else None,
    )
