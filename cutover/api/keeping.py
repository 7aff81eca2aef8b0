"""The paths of what is kept and erased: legal holds on payloads, and the erasure of a patient. For the role compliance."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool

from cutover.api.asked import HIGHEST, NAME_LIMIT, Asked, Before, Limit, Reason, Ticket
from cutover.api.call import Auditor, By, On, Viewer, need
from cutover.api.shapes import Shape
from cutover.exports import order
from cutover.identity.caller import Caller
from cutover.identity.passwords import LONGEST
from cutover.people import Role
from cutover.retention import custody, holds
from cutover.retention.custody import Custody, Wanted, Whom
from cutover.retention.holds import Hold

router = APIRouter(tags=["payloads"])
HOLDS = "/v1/legal-holds"
PSEUDONYM = "^([A-Z2-7]{20})?$"
Us = Annotated[int, Field(ge=0, le=HIGHEST, description="Microseconds since 1970, UTC.")]
Text = Annotated[str, Field(max_length=NAME_LIMIT)]


class Proven(Asked):
    """Why, and `proof`: the person's password, or a code that their app shows now. Who came from the provider signed in just now."""

    reason: Reason
    ticket: Ticket = ""
    proof: Annotated[str, Field(max_length=LONGEST, repr=False)] = ""


class OfPatient(Proven):
    """A patient of a tenant, by `patient`, the app's own reference, which is not kept, or by `pseudonym`, as events have it."""

    tenant: Text
    patient: Annotated[str, Field(max_length=NAME_LIMIT, repr=False)] = ""
    pseudonym: Annotated[str, Field(pattern=PSEUDONYM)] = ""

    @model_validator(mode="after")
    def _is_named_once(self) -> OfPatient:
        if self.patient and self.pseudonym:
            raise ValueError("must name a patient by `patient` or by `pseudonym`, not by both")
        return self

    def whom(self) -> Whom:
        """The patient."""
        return Whom(self.tenant, self.patient, self.pseudonym)


class Erase(OfPatient):
    """A patient whose words are to be erased, by `patient` or by `pseudonym`."""

    @model_validator(mode="after")
    def _is_named(self) -> Erase:
        if not (self.patient or self.pseudonym):
            raise ValueError("must name a patient by `patient` or by `pseudonym`")
        return self


class Place(OfPatient):
    """What is to be held: all of a tenant, or one exchange's, one patient's, what was accepted in a time alone (0: no end)."""

    exchange_id: Text = ""
    from_us: Us = 0
    until_us: Us = 0


class HoldShape(Shape):
    """A legal hold. "" and 0 are no limit of its scope; `subject` is a patient's pseudonym; `lifted_us` is 0 while it stands."""

    id: int
    tenant: str
    exchange_id: str
    subject: str
    from_us: int
    until_us: int
    by: str
    reason: str
    at_us: int
    lifted_by: str
    lifted_reason: str
    lifted_us: int


class HoldsShape(Shape):
    """A page of legal holds, the newest first; `next` goes on with older ones, null at the end."""

    holds: list[HoldShape]
    next: int | None


class PlacedShape(Shape):
    """The hold that stands, and on how many exchanges whose words are there."""

    hold: HoldShape
    covers: int


class ErasedShape(Shape):
    """How many exchanges' words went, the months whose keys were destroyed, and how many are kept: by what."""

    tenant: str
    subject: str
    erased: int
    months_destroyed: list[int]
    held: int
    incidents: int
    by_law: int
    under_way: int


async def _found(
    number: Annotated[int, Path(ge=1, le=HIGHEST)], request: Request, by: Viewer, on: On
) -> Hold:
    """The hold of the path. What is refused about it is told in its own tenant's log."""
    found = await run_in_threadpool(_custody(on).find, number)
    request.scope["state"]["tenant"] = found.tenant
    need(by, Role.COMPLIANCE, found.tenant)
    return found


@router.get(HOLDS)
def legal_holds(
    by: Auditor,
    on: On,
    tenant: Annotated[str, Query(max_length=NAME_LIMIT, description="Of this one.")] = "",
    lifted: Annotated[bool, Query(description="Those that were lifted, too.")] = False,
    limit: Limit = 50,
    before: Before = None,
) -> HoldsShape:
    """Legal holds on payloads of the tenants for which a person has the role compliance or lead, the newest first."""
    with on.store.read() as conn:
        found = holds.page(
            conn, order.seen(by, tenant or None), before, limit + 1, lifted=lifted
        )
    shown, more = found[:limit], len(found) > limit
    onward = shown[-1].id if more else None
    return HoldsShape(holds=[_shape(one) for one in shown], next=onward)


@router.post(HOLDS, status_code=HTTPStatus.CREATED)
def place(said: Place, request: Request, by: Viewer, caller: By, on: On) -> PlacedShape:
    """A person with the role compliance keeps payloads from being erased by anybody, and proves anew who they are."""
    _about(said.tenant, request, on)
    wanted = Wanted(said.whom(), said.exchange_id, said.from_us, said.until_us)
    made, covers = _custody(on).place(by, wanted, _why(said, caller, on))
    return PlacedShape(hold=_shape(made), covers=covers)


@router.post(f"{HOLDS}/{{number}}/lift")
def lift(
    found: Annotated[Hold, Depends(_found)], said: Proven, by: Viewer, caller: By, on: On
) -> HoldShape:
    """A person with the role compliance lets what a hold names be erased again, and proves anew who they are."""
    why = _why(said, caller, on)
    return _shape(_custody(on).lift(by, found, why))


@router.post("/v1/erasures", status_code=HTTPStatus.CREATED)
def erase(said: Erase, request: Request, by: Viewer, caller: By, on: On) -> ErasedShape:
    """A person with the role compliance has the words of one patient erased, and proves anew who they are.

    What a legal hold or an incident names, what is younger than the law's minimum and what is under way is kept.
    """
    _about(said.tenant, request, on)
    subject, done, found = _custody(on).erase(by, said.whom(), _why(said, caller, on))
    return ErasedShape(
        tenant=said.tenant,
        subject=subject,
        erased=done.count,
        months_destroyed=list(done.months),
        held=found.held,
        incidents=found.incidents,
        by_law=found.by_law,
        under_way=found.under_way,
    )


def _custody(on: On) -> Custody:
    return Custody(on.controller, on.store, on.sealer)


def _about(tenant: str, request: Request, on: On) -> None:
    """What is refused is told in the log of this tenant, where there is one."""
    if tenant in on.policy.tenants:
        request.scope["state"]["tenant"] = tenant


def _why(said: Proven, caller: Caller, on: On) -> custody.Why:
    return custody.Why(said.reason, lambda: on.confirmed(caller, said.proof), said.ticket)


def _shape(one: Hold) -> HoldShape:
    return HoldShape(**{name: getattr(one, name) for name in HoldShape.model_fields})
