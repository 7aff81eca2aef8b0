"""Who may act: local users, their roles and tokens, and the actor that an event names.

A token is 256 random bits shown once and stored as its SHA-256; with that much entropy a plain
digest cannot be searched, so no slow password hash is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from cutover.actors import CONTROLLER, Actor, Deed, Kind
from cutover.identity.tables import credential, federated, guess, handover, sign_in
from cutover.people_tables import tenant_role
from cutover.roles import Role, enough, spoken, told
from cutover.tables import person
from mirror.journal import events

__all__ = [  # roles are read here together with who has them
    "CONTROLLER",
    "NAME",
    "Actor",
    "Deed",
    "Kind",
    "Person",
    "PersonError",
    "Role",
    "add",
    "authenticate",
    "everybody",
    "find",
    "grant",
    "remove",
    "revoke",
]

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the roles given for every tenant, and those `within` one tenant alone; a service where it is of that kind."""

    name: str
    roles: frozenset[Role]
    within: frozenset[tuple[str, Role]] = frozenset()
    kind: Kind = Kind.HUMAN
    barred: str = ""
    """Why no approval of theirs counts, however they came in; "" where theirs do."""

    @property
    def actor(self) -> Actor:
        """This person as an event names them."""
        every = [("", role.value) for role in self.roles]
        within = [(where, role.value) for where, role in self.within]
        return Actor(self.kind, self.name, tuple(sorted(every + within)))

    def may(self, needed: Role, tenant: str = "") -> bool:
        """Whether a role for this tenant ("" for every one) is `needed`, or stands above it."""
        here = [role for where, role in self.within if where == tenant and tenant]
        return enough(needed, [*self.roles, *here])

    def tenants(self, needed: Role) -> frozenset[str]:
        """The tenants that a role is given for by name, where it is `needed` or stands above it."""
        return frozenset([where for where, role in self.within if enough(needed, [role])])

    def lacks(self, needed: Role, tenant: str = "") -> str:
        """Why this person may not do what needs a role for a tenant ("" for every one); "" where they may."""
        if self.may(needed, tenant):
            return ""
        where = sorted({one for one, role in self.within if enough(needed, [role])})
        if not where:
            return f"{self.name} has no role {spoken(needed)}"
        of = f"tenant {tenant}" if tenant else "every tenant"
        return f"{self.name} has no role {spoken(needed)} for {of}, only for {', '.join(where)}"

    def lacking(self, needed: Role) -> str:
        """In two words what is missing to who lacks a role somewhere: any such role, or this tenant among theirs."""
        return "wrong tenant" if self.tenants(needed) else "missing role"

    def lacks_everywhere(self, needed: Role) -> str:
        """Why this person may not do it for any tenant at all; "" where there is one."""
        within = [role for _, role in self.within]
        return "" if enough(needed, within) else self.lacks(needed)


class PersonError(ValueError):
    """A user that cannot be added or removed; the message says what to do."""


def add(  # noqa: PLR0913 - who and why, by keyword
    conn: Connection,
    name: str,
    roles: Iterable[Role],
    *,
    by: Actor,
    at_us: int,
    tenants: Iterable[str] = (),
    why: str = "",
) -> str:
    """Adds a user and returns the token, which cannot be shown again. Raises PersonError.

    The roles are for these tenants alone, or for every one where none is named.
    """
    given, where = frozenset(roles), sorted(set(tenants))
    if not NAME.fullmatch(name):
        raise PersonError(
            f"user name {name!r} is not allowed: lower case letters, digits, `.`, `_` and `-`, at most 64"
        )
    if name == CONTROLLER.name:
        raise PersonError(f"the name {name!r} belongs to the service; choose another one")
    if conn.execute(select(person.c.name).where(person.c.name == name)).first():
        raise PersonError(f"user {name!r} exists; remove it first to give it a new token")
    _fit(name, given, where)
    token = secrets.token_urlsafe(32)
    conn.execute(
        insert(person).values(
            name=name,
            roles="" if where else _words(given),
            token_sha256=_digest(token),
            added_us=at_us,
        )
    )
    _give(conn, name, given, where)
    said: dict[str, events.Value] = {"roles": _words(given), "tenants": where}
    _report(conn, "user.added", name, by, at_us, why, None, said)
    return token


def grant(  # noqa: PLR0913 - who and why, by keyword
    conn: Connection,
    name: str,
    roles: Iterable[Role],
    *,
    by: Actor,
    at_us: int,
    tenants: Iterable[str] = (),
    why: str = "",
) -> None:
    """Gives a user further roles, for these tenants alone or for every one. Raises PersonError."""
    given, where = frozenset(roles), sorted(set(tenants))
    known = _known(conn, name)
    _fit(name, given, where)
    if where:
        _give(conn, name, given, where)
    else:
        every = _words(known.roles | given)
        conn.execute(update(person).where(person.c.name == name).values(roles=every))
    said: dict[str, events.Value] = {"roles": _words(given), "tenants": where}
    _report(conn, "user.granted", name, by, at_us, why, known, said)


def revoke(
    conn: Connection,
    name: str,
    *,
    by: Actor,
    at_us: int,
    tenants: Iterable[str] = (),
    why: str = "",
) -> None:
    """Takes a user's roles for these tenants, or those for every tenant where none is named. Raises PersonError.

    Who has none left stays known, and may do nothing.
    """
    known, where = _known(conn, name), sorted(set(tenants))
    missing = sorted(set(where) - {tenant for tenant, _ in known.within})
    if missing or not (where or known.roles):
        of = f"of {', '.join(missing)} alone" if missing else "that is for every tenant"
        raise PersonError(f"{name} has no role {of}; `crossfade user list` shows which")
    if where:
        mine = tenant_role.c.name == name
        conn.execute(delete(tenant_role).where(mine, tenant_role.c.tenant.in_(where)))
    else:
        conn.execute(update(person).where(person.c.name == name).values(roles=""))
    _report(conn, "user.revoked", name, by, at_us, why, known, {"tenants": where})


def remove(conn: Connection, name: str, *, by: Actor, at_us: int, why: str = "") -> None:
    """Removes a user, whose tokens and password are worth nothing from then on. Raises PersonError."""
    known = _known(conn, name)
    for table in (tenant_role, credential, guess, sign_in, handover, federated):
        conn.execute(delete(table).where(table.c.name == name))
    conn.execute(delete(person).where(person.c.name == name))
    _report(conn, "user.removed", name, by, at_us, why, known)


def everybody(conn: Connection) -> list[Person]:
    """All users, by name."""
    within: dict[str, set[tuple[str, Role]]] = defaultdict(set)
    for row in conn.execute(select(tenant_role)):
        within[row.name].add((row.tenant, Role(row.role)))
    rows = conn.execute(select(person.c.name, person.c.roles).order_by(person.c.name))
    return [Person(row.name, _roles(row.roles), frozenset(within[row.name])) for row in rows]


def authenticate(conn: Connection, token: str) -> Person | None:
    """Whose token this is, or None. Compares digests in constant time, all of them."""
    wanted = _digest(token)
    found = ""
    for row in conn.execute(select(person.c.name, person.c.token_sha256)):
        if hmac.compare_digest(row.token_sha256, wanted):
            found = row.name
    return find(conn, found) if found else None


def find(conn: Connection, name: str) -> Person | None:
    """A user by name, or None."""
    row = conn.execute(select(person.c.roles).where(person.c.name == name)).first()
    if row is None:
        return None
    mine = conn.execute(select(tenant_role).where(tenant_role.c.name == name))
    within = frozenset([(one.tenant, Role(one.role)) for one in mine])
    return Person(name, _roles(row.roles), within)


def _known(conn: Connection, name: str) -> Person:
    found = find(conn, name)
    if found is None:
        known = ", ".join(one.name for one in everybody(conn)) or "nobody yet"
        raise PersonError(f"no user {name!r}; known: {known}")
    return found


def _fit(name: str, roles: frozenset[Role], tenants: Iterable[str]) -> None:
    """Raises PersonError for no role at all, and for what can be no tenant."""
    if not roles:
        raise PersonError(f"user {name!r} needs a role: one of {', '.join(Role)}")
    for tenant in tenants:
        if not NAME.fullmatch(tenant):
            raise PersonError(f"{tenant!r} is no name of a tenant, as in clinic-a")


def _give(conn: Connection, name: str, roles: frozenset[Role], tenants: Iterable[str]) -> None:
    for tenant in tenants:
        mine = (tenant_role.c.name == name) & (tenant_role.c.tenant == tenant)
        had = set(conn.scalars(select(tenant_role.c.role).where(mine)))
        for role in sorted(roles - had):
            conn.execute(insert(tenant_role).values(name=name, tenant=tenant, role=role.value))


def _roles(words: str) -> frozenset[Role]:
    return frozenset([Role(role) for role in words.split(",") if role])


def _words(roles: Iterable[Role]) -> str:
    given = set(roles)
    return ",".join([role for role in Role if role in given])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _report(  # noqa: PLR0913, PLR0917 - what an event says
    conn: Connection,
    type: str,
    name: str,
    by: Actor,
    at_us: int,
    why: str,
    before: Person | None,
    said: dict[str, events.Value] | None = None,
) -> None:
    was, now = [
        told(one.roles, one.within) if one else None for one in (before, find(conn, name))
    ]
    events.append(
        conn,
        tenant="",
        type=type,
        actor=by.body(),
        object={"kind": "user", "id": name},
        at_us=at_us,
        reason=why,
        details={**(said or {}), **events.changed(was, now)},
    )
