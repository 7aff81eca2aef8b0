"""The paths of the switches of a whole deployment: drains of upstreams, and emergencies."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from cutover.api.asked import Asked, Name, Reason, ReasonAsked, Scope, ScopeAsked, seconds
from cutover.api.call import Engineer, Glass, On, Viewer, need, sees
from cutover.api.shapes import Shape
from cutover.emergency import switches
from cutover.emergency.switchboard import LONGEST_S, Switchboard
from cutover.emergency.switches import Drain
from cutover.people import Role

router = APIRouter(tags=["switches"])


class EmergencyShape(Shape):
    """An emergency that is on. `name` says what it is of, in one word."""

    tenant: str
    route: str
    by: str
    reason: str
    at_us: int
    name: str


class SwitchesShape(Shape):
    """All switches that are on."""

    drains: list[Drain]
    emergencies: list[EmergencyShape]


class Drained(Asked):
    """An upstream to be sent nothing; `for_s` is a number of seconds, null for no end."""

    upstream: Name
    for_s: Annotated[int | None, seconds(LONGEST_S)] = None
    reason: Reason


class DrainShape(Shape):
    """A drain, and the rollouts that have nobody to answer some of their sessions while it lasts."""

    drain: Drain
    unanswered: list[str]


class UpstreamShape(Shape):
    """The upstream that is asked again."""

    upstream: str


class Declared(Asked):
    """An emergency of a tenant and a route."""

    tenant: Scope
    route: Scope
    reason: Reason


class DeclaredShape(Shape):
    """The emergency that is on now."""

    emergency: EmergencyShape


class ScopeShape(Shape):
    """What was ended."""

    tenant: str
    route: str


@router.get("/v1/switches")
def read(by: Viewer, on: On) -> SwitchesShape:
    """All that are on."""
    found = Switchboard(on.controller).read()
    return SwitchesShape(
        drains=list(found.drains),
        emergencies=[_shape(one) for one in found.emergencies if sees(by, one.tenant)],
    )


@router.post("/v1/drains", status_code=HTTPStatus.CREATED)
def drain(said: Drained, by: Engineer, on: On) -> DrainShape:
    """A person takes an upstream out."""
    need(by, Role.ENGINEER)  # an upstream is every tenant's
    board = Switchboard(on.controller)
    drained = board.drain(by, said.upstream, said.for_s or 0, said.reason)
    return DrainShape(drain=drained, unanswered=board.unanswered(said.upstream))


@router.delete("/v1/drains")
def give_back(by: Engineer, on: On, upstream: Name, reason: ReasonAsked) -> UpstreamShape:
    """A person lets an upstream be asked again."""
    need(by, Role.ENGINEER)
    Switchboard(on.controller).give_back(by, upstream, reason)
    return UpstreamShape(upstream=upstream)


@router.post("/v1/emergencies", status_code=HTTPStatus.CREATED)
def switch_on(said: Declared, by: Glass, on: On) -> DeclaredShape:
    """A person declares an emergency; `tenant` and `route` may be "" for every one."""
    need(by, Role.BREAK_GLASS, said.tenant)
    made = Switchboard(on.controller).switch_on(by, said.tenant, said.route, said.reason)
    return DeclaredShape(emergency=_shape(made))


@router.delete("/v1/emergencies")
def switch_off(
    by: Engineer, on: On, reason: ReasonAsked, tenant: ScopeAsked = "", route: ScopeAsked = ""
) -> ScopeShape:
    """A person ends an emergency."""
    need(by, Role.ENGINEER, tenant)
    Switchboard(on.controller).switch_off(by, tenant, route, reason)
    return ScopeShape(tenant=tenant, route=route)


def _shape(one: switches.Emergency) -> EmergencyShape:
    return EmergencyShape(**asdict(one), name=one.name)
