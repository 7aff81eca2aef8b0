"""Who may act: local users, their roles and tokens, and the actor that an event names.

A token is 256 random bits shown once and stored as its SHA-256; with that much entropy a plain
digest cannot be searched, so no slow password hash is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from cutover.tables import person
from mirror.journal import events

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Role(StrEnum):
    """What a person may do. Each may also do what the one before it may."""

    VIEWER = "viewer"  # read
    ENGINEER = "engineer"  # and propose, hold, resume, roll back
    LEAD = "lead"  # and approve


class Kind(StrEnum):
    """What sort of actor an event names."""

    HUMAN = "human"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a person, or the controller itself."""

    kind: Kind
    name: str

    def body(self) -> dict[str, str]:
        """As an event carries it."""
        return {"kind": self.kind.value, "name": self.name}


CONTROLLER = Actor(Kind.SERVICE, "controller")


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did something, when, and why."""

    actor: Actor
    at_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user and the roles given."""

    name: str
    roles: frozenset[Role]

    @property
    def actor(self) -> Actor:
        """This person as an event names them."""
        return Actor(Kind.HUMAN, self.name)

    def may(self, needed: Role) -> bool:
        """Whether any of the roles is `needed` or stands above it."""
        order = list(Role)
        return any(order.index(role) >= order.index(needed) for role in self.roles)


class PersonError(ValueError):
    """A user that cannot be added or removed; the message says what to do."""


def add(conn: Connection, name: str, roles: Iterable[Role], *, by: Actor, at_us: int) -> str:
    """Adds a user and returns the token, which cannot be shown again. Raises PersonError."""
    given = frozenset(roles)
    if not NAME.fullmatch(name):
        raise PersonError(
            f"user name {name!r} is not allowed: lower case letters, digits, `.`, `_` and `-`, at most 64"
        )
    if name == CONTROLLER.name:
        raise PersonError(f"the name {name!r} belongs to the service; choose another one")
    if not given:
        raise PersonError(f"user {name!r} needs a role: one of {', '.join(Role)}")
    if conn.execute(select(person.c.name).where(person.c.name == name)).first():
        raise PersonError(f"user {name!r} exists; remove it first to give it a new token")
    token = secrets.token_urlsafe(32)
    words = ",".join(role for role in Role if role in given)
    conn.execute(
        insert(person).values(
            name=name, roles=words, token_sha256=_digest(token), added_us=at_us
        )
    )
    _report(conn, "user.added", name, by, at_us, {"roles": words})
    return token


def remove(conn: Connection, name: str, *, by: Actor, at_us: int) -> None:
    """Removes a user, whose token is worth nothing from then on. Raises PersonError."""
    if not conn.execute(delete(person).where(person.c.name == name)).rowcount:
        known = ", ".join(one.name for one in everybody(conn)) or "nobody yet"
        raise PersonError(f"no user {name!r}; known: {known}")
    _report(conn, "user.removed", name, by, at_us, {})


def everybody(conn: Connection) -> list[Person]:
    """All users, by name."""
    rows = conn.execute(select(person.c.name, person.c.roles).order_by(person.c.name))
    return [_person(row.name, row.roles) for row in rows]


def authenticate(conn: Connection, token: str) -> Person | None:
    """Whose token this is, or None. Compares digests in constant time, all of them."""
    wanted = _digest(token)
    found: Person | None = None
    for row in conn.execute(select(person.c.name, person.c.roles, person.c.token_sha256)):
        if hmac.compare_digest(row.token_sha256, wanted):
            found = _person(row.name, row.roles)
    return found


def _person(name: str, roles: str) -> Person:
    return Person(name, frozenset(Role(role) for role in roles.split(",")))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _report(
    conn: Connection,
    type: str,
    name: str,
    by: Actor,
    at_us: int,
    details: dict[str, events.Value],
) -> None:
    events.append(
        conn,
        tenant="",
        type=type,
        actor=by.body(),
        object={"kind": "user", "id": name},
        at_us=at_us,
        details=details,
    )
