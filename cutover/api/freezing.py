"""The paths of freezes: those that hold, and what people place, lift and break."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from cutover.api import cursors
from cutover.api.asked import (
    PAGE_LIMIT,
    Asked,
    Limit,
    Reason,
    ReasonAsked,
    Scope,
    ScopeAsked,
    seconds,
)
from cutover.api.call import Engineer, On, Viewer, need, seeing, sees
from cutover.api.cursors import AfterKey
from cutover.api.shapes import Shape
from cutover.api.switching import ScopeShape
from cutover.circumstances import at_rest
from cutover.history import Key
from cutover.people import Role
from cutover.plans.freezer import LONGEST_BREAK_S, LONGEST_S, Freezer
from cutover.plans.freezes import Placed
from cutover.stages import Stage

router = APIRouter(tags=["freezes"])
PLACED = 500
"""So many freezes of people are told, the newest ones."""
WIDENED = (Stage.MIRROR, Stage.CANARY)
"""Where a rollout can be widened at all."""
BREAK_S = 3600
"""How long a freeze is broken for where nobody says."""


class FreezeShape(Shape):
    """A freeze that a person placed, or the breaking of what is frozen; `until_us` is 0 for no end."""

    tenant: str
    route: str
    kind: str
    until_us: int
    by: str
    reason: str
    at_us: int
    name: str


class FreezesShape(Shape):
    """What people placed and broke, the newest of it, and why rollouts that are frozen may not be widened, by
    `tenant/route`: a page of them. `next` goes on with more rollouts, null at the end.
    """

    freezes: list[FreezeShape]
    frozen: dict[str, str]
    next: str | None


class Freeze(Asked):
    """A freeze; `for_s` is a number of seconds, null for until it is lifted."""

    tenant: Scope
    route: Scope
    for_s: Annotated[int | None, seconds(LONGEST_S)] = None
    reason: Reason


class Break(Asked):
    """What is frozen let loose for a number of seconds, an hour where that is null."""

    tenant: Scope
    route: Scope
    for_s: Annotated[int | None, seconds(LONGEST_BREAK_S)] = None
    reason: Reason


class PlacedShape(Shape):
    """What was placed."""

    freeze: FreezeShape


@router.get("/v1/freezes")
def read(by: Viewer, on: On, after: AfterKey, limit: Limit = PAGE_LIMIT) -> FreezesShape:
    """Those that people placed and broke, and each rollout that may not be widened now, a page at a time."""
    frozen, next = _frozen(on, seeing(by), after, limit)
    placed = [one for one in Freezer(on.controller).read() if sees(by, one.tenant)]
    newest = sorted(placed, key=lambda one: one.at_us)[-PLACED:]
    kept = [one for one in placed if one in newest]
    return FreezesShape(freezes=[_shape(one) for one in kept], frozen=frozen, next=next)


@router.post("/v1/freezes", status_code=HTTPStatus.CREATED)
def place(said: Freeze, by: Engineer, on: On) -> PlacedShape:
    """A person freezes."""
    need(by, Role.ENGINEER, said.tenant)
    scope = said.tenant, said.route
    placed = Freezer(on.controller).place(by, scope, said.for_s or 0, said.reason)
    return PlacedShape(freeze=_shape(placed))


@router.delete("/v1/freezes")
def lift(
    by: Engineer, on: On, reason: ReasonAsked, tenant: ScopeAsked = "", route: ScopeAsked = ""
) -> ScopeShape:
    """A person lifts a freeze that was placed."""
    need(by, Role.ENGINEER, tenant)
    Freezer(on.controller).lift(by, (tenant, route), reason)
    return ScopeShape(tenant=tenant, route=route)


@router.post("/v1/freezes/breaks", status_code=HTTPStatus.CREATED)
def break_(said: Break, by: Engineer, on: On) -> PlacedShape:
    """A lead breaks what is frozen, for a time."""
    need(by, Role.ENGINEER, said.tenant)
    scope = said.tenant, said.route
    broken = Freezer(on.controller).break_(by, scope, said.for_s or BREAK_S, said.reason)
    return PlacedShape(freeze=_shape(broken))


@router.delete("/v1/freezes/breaks")
def mend(
    by: Engineer, on: On, reason: ReasonAsked, tenant: ScopeAsked = "", route: ScopeAsked = ""
) -> ScopeShape:
    """A person has freezes count again."""
    need(by, Role.ENGINEER, tenant)
    Freezer(on.controller).mend(by, (tenant, route), reason)
    return ScopeShape(tenant=tenant, route=route)


def _frozen(
    on: On, seen: Callable[[str], bool], after: Key | None, limit: int
) -> tuple[dict[str, str], str | None]:
    """So many rollouts that could be widened and may not, and why; and the cursor of those behind them."""
    cabinet, found = on.controller.cabinet, dict[str, str]()
    last: Key | None = None
    with cabinet.lock:
        assert cabinet.fence, "raises where another controller acts"
        cabinet.open_files()
        keys = sorted(cabinet.files)
        for key in keys[0 if after is None else bisect_right(keys, after) :]:
            file = cabinet.files[key]
            if file.rollout.stage not in WIDENED or file.declared is None or not seen(key[0]):
                continue
            if why := at_rest(cabinet, file):
                if len(found) == limit and last is not None:
                    return found, cursors.written(*last)
                found["/".join(key)], last = why, key
    return found, None


def _shape(one: Placed) -> FreezeShape:
    return FreezeShape(**asdict(one), name=one.name)
