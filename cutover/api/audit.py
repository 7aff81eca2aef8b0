"""The path of the event log: searched by who, what, to what, whose and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query

from cutover import chronicle
from cutover.api import cursors
from cutover.api.asked import HIGHEST, NAME_LIMIT, Limit
from cutover.api.call import Auditor, On
from cutover.api.cursors import Cursor
from cutover.api.reading import EventShape
from cutover.api.shapes import Shape
from cutover.chronicle import Deeds, Place, Search
from cutover.people import Person, Role
from policies.routes import Route

router = APIRouter(tags=["events"])
KINDS = 50
READERS = (Role.LEAD, Role.COMPLIANCE)
Kind = Annotated[str, Query(max_length=NAME_LIMIT)]
Moment = Annotated[int | None, Query(ge=0, le=HIGHEST, description="Microseconds since 1970.")]


class LoggedShape(EventShape):
    """One event, with the tenant in whose log it stands; "" for the deployment's own."""

    tenant: str
    body: str
    """All of it as it was hashed, letter for letter."""


class LogShape(Shape):
    """A page of events, the newest first; `next` goes on with older ones, null at the end.

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
    return replace(found, object=object, deeds=deeds, seq=seq)


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
    told = [LoggedShape.model_validate(_told(body)) for body in page.events]
    return LogShape(events=told, next=cursors.written(*page.next) if page.next else None)


def _told(body: dict[str, object]) -> dict[str, object]:
    return {name: body.get(name) for name in LoggedShape.model_fields}


def _tenants(by: Person, tenant: str | None) -> frozenset[str] | None:
    """Whose logs are looked through; None for all of them."""
    every = any(by.may(role) for role in READERS)
    mine = frozenset().union(*[by.tenants(role) for role in READERS])
    if tenant is None:
        return None if every else mine
    return frozenset({tenant}) if every or tenant in mine else frozenset()
