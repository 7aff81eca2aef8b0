"""The path of the event log: searched by who, what, to what, whose and when."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query

from cutover import chronicle, recorded
from cutover.api import cursors
from cutover.api.asked import HIGHEST, NAME_LIMIT, Limit
from cutover.api.call import Auditor, On
from cutover.api.cursors import Cursor
from cutover.api.problems import Problem
from cutover.api.reading import EventShape
from cutover.api.shapes import Shape
from cutover.chronicle import Deeds, Order, Place, Search
from cutover.people import Person, Role
from policies.routes import Route

router = APIRouter(tags=["events"])
KINDS = 50
READERS = (Role.LEAD, Role.COMPLIANCE)
ONE_LOG = "logs of two tenants have no common order: name a tenant, or order by the time told"
Kind = Annotated[str, Query(max_length=NAME_LIMIT)]
Moment = Annotated[int | None, Query(ge=0, le=HIGHEST, description="Microseconds since 1970.")]


class LoggedShape(EventShape):
    """One event, with the tenant in whose log it stands; "" for the deployment's own."""

    tenant: str
    body: str
    """All of it as it was hashed, letter for letter."""
    recorded_after_us: int
    """When the log before it was signed, by the signer's clock; 0 where nothing of it was."""
    recorded_before_us: int
    """When the log with it was signed; 0 where it is not yet. A time that it tells outside of both is a wrong clock's, or it came late."""


class LogShape(Shape):
    """A page of events, the newest first by the time that they tell or by their numbers; `next` goes on with older ones, null at the end.

    A page may hold fewer than were asked for, or none, and still have a `next`: so far was looked.
    """

    events: list[LoggedShape]
    next: str | None


async def _search(  # noqa: PLR0913, PLR0917 - what a request may ask
    by: Auditor,
    tenant: Annotated[
        str | None, Query(max_length=NAME_LIMIT, description='"" for the deployment\'s own.')
    ] = None,
    route: Annotated[Route | None, Query(description="About rollouts of this one.")] = None,
    actor: Annotated[str, Query(max_length=NAME_LIMIT, description="Who did it.")] = "",
    kind: Annotated[
        list[Kind], Query(max_length=KINDS, description="Its type, as in state.transition.")
    ] = [],  # noqa: B006
    since_us: Moment = None,
    until_us: Moment = None,
    order: Annotated[
        Order,
        Query(
            description="By the time that events tell, or of one tenant's log as they were recorded. "
            "`since_us` and `until_us` are of the times told in both."
        ),
    ] = Order.TOLD,
    object: Annotated[
        str, Query(max_length=NAME_LIMIT, description="The id of what it was done to.")
    ] = "",
    deeds: Annotated[
        Deeds | None,
        Query(description="What people did, what the system did, or attempts without a right."),
    ] = None,
    seq: Annotated[
        int | None, Query(ge=1, le=HIGHEST, description="Its number in its log: one event.")
    ] = None,
) -> Search:
    of = route.value if route else ""
    found = Search(_tenants(by, tenant), actor, frozenset(kind), of, since_us, until_us)
    if order is Order.RECORDED and tenant is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, ONE_LOG)
    return replace(found, object=object, deeds=deeds, seq=seq, order=order)


@router.get("/v1/events")
def events(
    _by: Auditor,
    on: On,
    search: Annotated[Search, Depends(_search)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> LogShape:
    """The events of the tenants that somebody leads or answers for, the newest first.

    The deployment's own are for who has the role `lead` or `compliance` for every tenant.
    """
    after = cast(Place, cursors.asked(cursor, int, str, int)) if cursor is not None else None
    with on.store.read() as conn:
        page = chronicle.find(conn, search, after, limit)
        names = [(tenant, seq) for _, tenant, seq in page.places]
        spans = recorded.spans(conn, names)
    told = [
        LoggedShape.model_validate(_told(body, name, spans[name]))
        for body, name in zip(page.events, names, strict=True)
    ]
    return LogShape(events=told, next=cursors.written(*page.next) if page.next else None)


def _told(
    body: dict[str, object], name: recorded.Name, span: tuple[int, int]
) -> dict[str, object]:
    """An event by the place where it stands: one that was changed in the store is shown too, its letters as they are now."""
    said = {field: body.get(field) for field in LoggedShape.model_fields}
    placed = {"tenant": name[0], "seq": name[1]}
    return said | placed | {"recorded_after_us": span[0], "recorded_before_us": span[1]}


def _tenants(by: Person, tenant: str | None) -> frozenset[str] | None:
    """Whose logs are looked through; None for all of them."""
    every = any(by.may(role) for role in READERS)
    mine = frozenset().union(*[by.tenants(role) for role in READERS])
    if tenant is None:
        return None if every else mine
    return frozenset({tenant}) if every or tenant in mine else frozenset()
