"""The paths of incidents: exchanges that were reported, and what that holds."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from cutover import explanation
from cutover.api.asked import HIGHEST, NAME_LIMIT, Asked, Reason, ReasonAsked
from cutover.api.call import Engineer, On, Viewer, need, sees
from cutover.api.problems import Problem
from cutover.api.shapes import Shape
from cutover.emergency import incidents
from cutover.emergency.casebook import Casebook
from cutover.emergency.incidents import Incident
from cutover.explanation import Found, NotFound
from cutover.people import Person, Role

router = APIRouter(tags=["incidents"])
UNFOUND = (
    "this id tells of no exchange of your tenants; write all of it, as the answer's header "
    "x-crossfade-exchange has it"
)


class IncidentsShape(Shape):
    """The latest incidents, open and closed."""

    incidents: list[Incident]


class Report(Asked):
    """An exchange to be reported, by its id or the beginning of one."""

    exchange: Annotated[str, Field(max_length=NAME_LIMIT)]
    reason: Reason


class ReportedShape(Shape):
    """The incident, and the rollouts that it holds."""

    incident: Incident
    held: list[str]


class ClosedShape(Shape):
    """The incident that is closed now."""

    incident: Incident


@router.get("/v1/incidents")
def read(by: Viewer, on: On) -> IncidentsShape:
    """The latest incidents, open and closed."""
    found = Casebook(on.controller).read()
    return IncidentsShape(incidents=[one for one in found if sees(by, one.tenant)])


@router.post("/v1/incidents", status_code=HTTPStatus.CREATED)
def report(said: Report, by: Engineer, on: On) -> ReportedShape:
    """A person reports an exchange."""
    found = _exchange(on, by, said.exchange)
    need(by, Role.ENGINEER, found.tenant)
    key = (found.tenant, found.route)
    made, held = Casebook(on.controller).report(by, found.id, key, said.reason)
    names = ["/".join(one) for one in held if sees(by, one[0])]
    return ReportedShape(incident=made, held=names)


@router.delete("/v1/incidents")
def close(
    by: Engineer,
    on: On,
    number: Annotated[int, Query(alias="id", ge=1, le=HIGHEST)],
    reason: ReasonAsked,
) -> ClosedShape:
    """A person closes an incident."""
    with on.store.read() as conn:
        found = incidents.find(conn, number)
    need(by, Role.ENGINEER, found.tenant if found else "")
    return ClosedShape(incident=Casebook(on.controller).close(by, number, reason))


def _exchange(on: On, by: Person, told: str) -> Found:
    try:
        return explanation.find(on.store, told)
    except NotFound as error:
        every = by.may(Role.VIEWER)  # its words may name other tenants'
        why = str(error) if every else UNFOUND
        raise Problem(HTTPStatus.NOT_FOUND, why) from None
