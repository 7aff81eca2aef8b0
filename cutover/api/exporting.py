"""The paths of exports: asked for, agreed to by a second person where payloads leave, and taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from cutover import clocks
from cutover.api.asked import (
    HIGHEST,
    NAME_LIMIT,
    Asked,
    Before,
    Limit,
    Reason,
    Scope,
    Ticket,
    Why,
)
from cutover.api.call import By, On, Viewer, need
from cutover.api.problems import Problem
from cutover.api.shapes import Shape
from cutover.exports import order, orders, place
from cutover.exports.counter import Counter, Wanted
from cutover.exports.order import Act, Order, State
from cutover.identity.passwords import LONGEST
from cutover.people import Person, Role
from cutover.refusals import NotAllowed

router = APIRouter(tags=["exports"])
EXPORT = "/v1/exports/{id}"
MEDIA_TYPE = "application/x-tar"
OFTEN = "bundles were taken too often; ask again in {wait_s} s"
BUNDLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bundle; `x-content-sha256` is its SHA-256, hex.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_PIECE = 256 * 1024
Us = Annotated[int, Field(ge=0, le=HIGHEST, description="Microseconds since 1970, UTC.")]
Id = Annotated[str, Field(max_length=NAME_LIMIT)]


class ExportShape(Shape):
    """An export that somebody asked for. Times are 0 for never; `number` counts all of them.

    `allowed` is what who asks may do to it as it stands. `sha256` and `bytes` are the whole bundle's once it is
    done, `kept_until_us` is when it is deleted, `deleted_us` when it was; `reason` says why it ended as it did.
    """

    number: int
    id: str
    tenant: str
    from_us: int
    to_us: int
    profile: str
    purpose: str
    ticket: str
    state: State
    requested_by: str
    requested_us: int
    expires_us: int
    approved_by: str
    approved_us: int
    started_us: int
    ended_by: str
    ended_us: int
    reason: str
    sha256: str
    bytes: int
    kept_until_us: int
    deleted_us: int
    allowed: list[Act]


class ExportsShape(Shape):
    """A page of exports, the newest first; `next` goes on with older ones, null at the end."""

    exports: list[ExportShape]
    next: int | None


class Ask(Asked):
    """An export to be made: a log between two moments. `to_us` may lie ahead, and stands for now then."""

    tenant: Scope
    from_us: Us
    to_us: Us
    profile: Literal["redacted", "full"] = "redacted"
    purpose: Reason
    ticket: Ticket = ""


class Agree(Why):
    """A yes. `proof` is the person's password, or a code that their app shows now."""

    proof: Annotated[str, Field(max_length=LONGEST, repr=False)] = ""
    ticket: Ticket = ""


async def _found(id: Annotated[str, Id], request: Request, by: Viewer, on: On) -> Order:
    """The order of the path. What is refused about it is told in its own tenant's log."""
    found = await run_in_threadpool(Counter(on.controller).find, id)
    request.scope["state"]["tenant"] = found.tenant
    _need_sight(by, found.tenant)
    return found


Found = Annotated[Order, Depends(_found)]


@router.post("/v1/exports", status_code=HTTPStatus.CREATED)
def ask(said: Ask, request: Request, by: Viewer, on: On) -> ExportShape:
    """A person with the role compliance asks for an export; `full` waits for a second person, `redacted` for its turn."""
    if said.tenant in on.policy.tenants:
        request.scope["state"]["tenant"] = said.tenant
    need(by, Role.COMPLIANCE, said.tenant)
    return _shape(Counter(on.controller).ask(by, Wanted(**said.model_dump())), by, on)


@router.get("/v1/exports")
def exports(
    by: Viewer,
    on: On,
    tenant: Annotated[
        str | None, Query(max_length=NAME_LIMIT, description='"" for the deployment\'s own.')
    ] = None,
    state: Annotated[list[State], Query(description="In one of these.")] = [],  # noqa: B006
    limit: Limit = 50,
    before: Before = None,
) -> ExportsShape:
    """Exports of the tenants for which a person has the role compliance or lead, the newest first."""
    if order.seen(by) == frozenset():
        _need_sight(by, "")
    with on.store.read() as conn:
        found = orders.page(conn, order.seen(by, tenant), frozenset(state), before, limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    return ExportsShape(
        exports=[_shape(one, by, on) for one in shown], next=shown[-1].number if more else None
    )


@router.get(EXPORT)
def export(found: Found, by: Viewer, on: On) -> ExportShape:
    """One export."""
    return _shape(found, by, on)


@router.post(f"{EXPORT}/approve")
def approve(found: Found, said: Agree, by: Viewer, caller: By, on: On) -> ExportShape:
    """A second person, of the role compliance or lead, agrees and proves anew who they are."""
    done = Counter(on.controller).approve(
        by, found.id, said.reason, lambda: on.confirmed(caller, said.proof), said.ticket
    )
    return _shape(done, by, on)


@router.post(f"{EXPORT}/refuse")
def refuse(found: Found, said: Why, by: Viewer, on: On) -> ExportShape:
    """A second person, of the role compliance or lead, does not agree."""
    return _shape(Counter(on.controller).refuse(by, found.id, said.reason), by, on)


@router.post(f"{EXPORT}/withdraw")
def withdraw(found: Found, said: Why, by: Viewer, on: On) -> ExportShape:
    """Who asked for it wants it no more."""
    return _shape(Counter(on.controller).withdraw(by, found.id, said.reason), by, on)


async def _in_turn(found: Found, by: Viewer, on: On) -> None:
    """Raises Problem for who takes bundles too often."""
    if wait_s := on.hand_outs.take(by.name, clocks.steady_us()):
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, OFTEN.format(wait_s=wait_s))


@router.get(
    f"{EXPORT}/bundle",
    response_class=StreamingResponse,
    responses=BUNDLE,
    dependencies=[Depends(_in_turn)],
)
def bundle(found: Found, by: Viewer, on: On) -> StreamingResponse:
    """The bundle, for who has the role compliance. That it was taken is recorded before its first byte."""
    counter = Counter(on.controller)
    counter.fit(by, Act.DOWNLOAD, found)
    try:
        file = place.opened(on.exports, found)
    except place.NotHere as error:
        raise Problem(HTTPStatus.GONE, str(error)) from None
    try:
        counter.handed_out(by, found)
    except BaseException:
        file.close()
        raise
    return StreamingResponse(_pieces(file), media_type=MEDIA_TYPE, headers=_headers(found))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _headers(found: Order) -> dict[str, str]:
    return {
        "content-length": str(found.bytes),
        "content-disposition": f'attachment; filename="export-{found.id}.tar"',
        "x-content-sha256": found.sha256,
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }


def _shape(one: Order, by: Person, on: On) -> ExportShape:
    said = asdict(one)
    until_us = one.ended_us + on.policy.exports.keep_days * order.DAY_US
    said["kept_until_us"] = until_us if one.state is State.DONE else 0
    said["allowed"] = order.allowed(by, one)
    return ExportShape(**{name: said[name] for name in ExportShape.model_fields})


def _need_sight(by: Person, tenant: str) -> None:
    if not order.sees(by, tenant):
        named = by.tenants(Role.COMPLIANCE) | by.tenants(Role.LEAD)
        of = f"tenant {tenant}" if tenant else "every tenant"
        why = f"{by.name} has no role `compliance` or `lead` for {of}"
        raise NotAllowed(why, kind="wrong tenant" if named else "missing role")
