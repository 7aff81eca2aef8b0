"""The path that tells who may do what. People are added and removed at the command line of the box."""

from __future__ import annotations

from fastapi import APIRouter

from cutover import people
from cutover.api import bodies
from cutover.api.call import Lead, On
from cutover.api.shapes import PersonShape, Shape
from cutover.people import Person, Role

router = APIRouter(tags=["users"])


class UsersShape(Shape):
    """Users with their roles, by name."""

    users: list[PersonShape]


@router.get("/v1/users")
def users(by: Lead, on: On) -> UsersShape:
    """Everybody, for who leads every tenant; for others who has a role where they lead, without their roles elsewhere."""
    with on.store.read() as conn:
        everybody = people.everybody(conn)
    if by.may(Role.LEAD):
        return UsersShape(users=[bodies.person(one) for one in everybody])
    led = by.tenants(Role.LEAD)
    here = [_within(one, led) for one in everybody]
    return UsersShape(users=[bodies.person(one) for one in here if one.roles or one.within])


def _within(person: Person, led: frozenset[str]) -> Person:
    here = frozenset([(tenant, role) for tenant, role in person.within if tenant in led])
    return Person(person.name, person.roles, here)
