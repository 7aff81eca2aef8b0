"""What a path of the control API is given: who asks, about which rollout, and what to work on.

Who asks is known before a path is reached (see `cutover.api.door`); here it is said who may.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.types import Scope

from cutover import history
from cutover.api.parts import Parts
from cutover.identity.caller import Caller
from cutover.people import Person, Role
from cutover.refusals import NotAllowed
from cutover.roles import spoken

ROLLOUT = "/v1/rollouts/{tenant}/{route}"
"""The path of one rollout, which those of all that is about it begin with."""


async def _caller(request: Request) -> Caller:
    """Whose token came with a request."""
    found = request.scope["state"]["caller"]
    assert isinstance(found, Caller), "the door lets nobody else in"
    return found


def name_of(scope: Scope) -> str | None:
    """Who called, behind the door; None for what is open to everybody."""
    known = scope["state"]["caller"]
    return known.person.name if isinstance(known, Caller) else None


def needs(role: Role, *others: Role) -> Callable[[Request], Awaitable[Person]]:
    """A dependency: the person who asks, where they have a role for the path's tenant, or one of the others.

    Paths of no tenant are for who has the role anywhere, and look themselves for whom. Raises NotAllowed.
    """

    async def checked(request: Request) -> Person:
        person, tenant = (await _caller(request)).person, request.path_params.get("tenant", "")
        lacks = [_lacks(person, each, tenant) for each in (role, *others)]
        if all(lacks):
            raise NotAllowed(
                lacks[0] + "".join(f", nor {spoken(each)}" for each in others),
                kind=person.lacking(role),
            )
        return person

    return checked


def _lacks(person: Person, role: Role, tenant: str) -> str:
    return person.lacks(role, tenant) if tenant else person.lacks_everywhere(role)


def need(person: Person, role: Role, tenant: str = "") -> None:
    """Raises NotAllowed for who has no such role for a tenant; "" is every one."""
    if why := person.lacks(role, tenant):
        raise NotAllowed(why, kind=person.lacking(role))


def sees(person: Person, tenant: str) -> bool:
    """Whether this person may read of a tenant; what is "" concerns all, and everybody reads it."""
    return not tenant or person.may(Role.VIEWER, tenant)


def seeing(person: Person) -> Callable[[str], bool]:
    """Whether this person may read of a tenant, for many tenants at once."""
    if person.may(Role.VIEWER):
        return lambda _: True
    named = person.tenants(Role.VIEWER)
    return lambda tenant: not tenant or tenant in named


async def _parts(request: Request) -> Parts:
    found = request.app.state.parts
    assert isinstance(found, Parts)
    return found


async def _key(
    tenant: Annotated[str, Path(description="The clinic.")],
    route: Annotated[str, Path(description="The capability, as in chat.")],
) -> history.Key:
    return tenant, route


By = Annotated[Caller, Depends(_caller)]
Viewer = Annotated[Person, Depends(needs(Role.VIEWER))]
Engineer = Annotated[Person, Depends(needs(Role.ENGINEER))]
Glass = Annotated[Person, Depends(needs(Role.BREAK_GLASS))]
Lead = Annotated[Person, Depends(needs(Role.LEAD))]
Auditor = Annotated[Person, Depends(needs(Role.LEAD, Role.COMPLIANCE))]
Reviewer = Annotated[Person, Depends(needs(Role.REVIEWER))]
On = Annotated[Parts, Depends(_parts)]
Key = Annotated[history.Key, Depends(_key)]
