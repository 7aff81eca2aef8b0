"""The paths of comparisons over all rollouts: found, one of them opened, and what people say of it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from compare.comparison import Severity, score_of
from compare.meanings import of_alone, of_missing
from cutover import finding, labels
from cutover.api import asked, cursors, reading
from cutover.api.asked import HIGHEST, NAME_LIMIT, Asked, Limit
from cutover.api.call import On, Reviewer, Viewer, need, sees
from cutover.api.cursors import Cursor
from cutover.api.problems import Problem
from cutover.api.reading import ComparisonShape
from cutover.api.shapes import Shape
from cutover.emergency.casebook import Casebook
from cutover.finding import Search
from cutover.labels import Given, Label, Labelled, Labelling
from cutover.people import Person, Role
from policies.routes import Route

router = APIRouter(tags=["comparisons"])
ONE = "/v1/comparisons/{number}"
Number = Annotated[int, Path(ge=1, le=HIGHEST, description="The comparison's number.")]
Moment = Annotated[int | None, Query(ge=0, le=HIGHEST, description="Microseconds since 1970.")]


class FoundFlagShape(Shape):
    """A flag without its words."""

    code: str
    severity: str


class FoundShape(Shape):
    """One comparison, without any text: those are told of one at a time, which is recorded."""

    number: int
    exchange_id: str
    tenant: str
    route: str
    at_us: int
    session: str
    stage: str
    serving: str
    attribution: str
    equivalence: float | None
    noise_floor: float | None
    missing: str
    no_score: str
    """Why there is no agreement, in words; "" where there is one."""
    unpaired: str
    alone: str
    """Why the other side was not asked, in words; "" where it was."""
    flags: list[FoundFlagShape]
    labels: list[Given]


class FoundPageShape(Shape):
    """A page of comparisons, the newest first; `next` goes on with older ones, null at the end.

    A page may hold fewer than were asked for, or none, and still have a `next`: so far was looked.
    """

    comparisons: list[FoundShape]
    next: str | None


class OpenedShape(ComparisonShape):
    """One comparison with its texts, the rollout's tenant and route, and what people said of it."""

    tenant: str
    route: str
    labels: list[Given]


class Said(Asked):
    """What a person says of a comparison. What is worse or unsafe must be said; the rest need not be."""

    label: Label
    note: Annotated[str, Field(max_length=asked.REASON_LIMIT)] = ""


class SaidShape(Shape):
    """The label that was given, and all that stand; of an unsafe one, the incident that is open, and what it holds.

    Of the rollouts held, those of tenants that this person may read of.
    """

    label: Given
    labels: list[Given]
    incident: int | None
    held: list[str]


async def _search(  # noqa: PLR0913, PLR0917 - what a request may ask
    by: Viewer,
    tenant: Annotated[str, Query(max_length=NAME_LIMIT, description="Of this one.")] = "",
    route: Annotated[Route | None, Query(description="Of this one.")] = None,
    flag: Annotated[str, Query(max_length=NAME_LIMIT, description="With this code.")] = "",
    severity: Annotated[Severity | None, Query(description="With a flag of it.")] = None,
    session: Annotated[str, Query(max_length=NAME_LIMIT, description="Of this one.")] = "",
    since_us: Moment = None,
    until_us: Moment = None,
    labelled: Annotated[bool | None, Query(description="Whether people labelled it.")] = None,
) -> Search:
    return Search(
        _tenants(by, tenant), route, flag, severity, session, since_us, until_us, labelled
    )


@router.get("/v1/comparisons")
def found(
    by: Viewer,
    on: On,
    search: Annotated[Search, Depends(_search)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> FoundPageShape:
    """Comparisons of the tenants that this person may read of, the newest first, without their texts."""
    below = cast(int, cursors.asked(cursor, int)[0]) if cursor is not None else None
    with on.store.read() as conn:
        page = finding.find(conn, search, below, limit)
        given = labels.standing(conn, page.numbers)
        rows = [
            _shape(row, given.get(row.number, ())) for row in finding.rows(conn, page.numbers)
        ]
    return FoundPageShape(
        comparisons=rows, next=cursors.written(page.next) if page.next else None
    )


@router.get(ONE)
def opened(number: Number, by: Viewer, on: On, request: Request) -> OpenedShape:
    """One comparison with its texts; that they are read is recorded first."""
    of = _one(on, by, number, request)
    reading.record_view(on.store, of.key, by, [of.exchange_id], on.now_us())
    page = reading.comparisons(on.store, on.sealer, of.key, limit=1, before=number + 1, flag="")
    with on.store.read() as conn:
        given = labels.standing(conn, [number]).get(number, ())
    told = dict(page.rows[0]) | {"tenant": of.tenant, "route": of.route, "labels": given}
    return OpenedShape.model_validate(told)


@router.post(f"{ONE}/labels", status_code=HTTPStatus.CREATED)
def label(number: Number, said: Said, by: Reviewer, on: On, request: Request) -> SaidShape:
    """A clinical reviewer says what they think of a comparison; an unsafe one is an incident at once."""
    of = _one(on, by, number, request)
    need(by, Role.REVIEWER, of.tenant)
    made, incident = Labelling(on.controller).label(by, of, said.label, _note(said))
    with on.store.read() as conn:
        given = labels.standing(conn, [number])[number]
    held = Casebook(on.controller).held(incident) if incident else []
    return SaidShape(
        label=made,
        labels=list(given),
        incident=incident.id if incident else None,
        held=["/".join(key) for key in held if sees(by, key[0])],
    )


def _tenants(by: Person, tenant: str) -> tuple[str, ...] | None:
    """Whose comparisons are looked for; None for every one's."""
    if tenant:
        return (tenant,) if sees(by, tenant) else ()
    return None if by.may(Role.VIEWER) else tuple(sorted(by.tenants(Role.VIEWER)))


def _one(on: On, by: Person, number: int, request: Request) -> Labelled:
    """Who may not read of its tenant is not told that there is one; that they tried is on record there."""
    found = Labelling(on.controller).find(number)
    if found is not None and sees(by, found.tenant):
        return found
    why = f"there is no comparison {number} of your tenants"
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, why)
    request.scope["state"]["tenant"] = found.tenant
    raise Problem(HTTPStatus.NOT_FOUND, why, "wrong tenant")


def _note(said: Said) -> str:
    if said.label in (Label.BETTER, Label.SAME) and not said.note.strip():
        return ""
    try:
        return asked.reason(said.note)
    except ValueError as error:
        raise Problem(HTTPStatus(422), f"`note` {error}") from None


def _shape(row: finding.Found, given: tuple[Given, ...]) -> FoundShape:
    told = {name: getattr(row, name) for name in FoundShape.model_fields if hasattr(row, name)}
    return FoundShape.model_validate(
        {
            **told,
            "equivalence": score_of(row.equivalence),
            "noise_floor": score_of(row.noise_floor),
            "flags": [
                {"code": code, "severity": severity} for code, severity in json.loads(row.flags)
            ],
            "no_score": of_missing(row.missing),
            "alone": of_alone(row.unpaired),
            "labels": given,
        }
    )
