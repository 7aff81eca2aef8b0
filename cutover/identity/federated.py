"""People of a provider: what they are called here, and what their groups may do.

Each has a name that no other subject is ever given. It holds an `@`, which no local user's does. Every function that
takes a connection works in the caller's transaction.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select, update

from cutover import deeds
from cutover.identity.claims import NotTaken, Proven
from cutover.identity.tables import federated
from cutover.people import CONTROLLER, Deed, Person, find
from cutover.people_tables import tenant_role
from cutover.roles import Role, told
from cutover.tables import person
from mirror.journal import events
from policies.oidc import Granted

_NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]{0,62}@[a-z0-9][a-z0-9.-]{0,61}")


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do: for every tenant, and within one alone."""

    roles: frozenset[Role]
    within: frozenset[tuple[str, Role]]


def is_federated(name: str) -> bool:
    """Whether somebody of this name comes from a provider."""
    return "@" in name


def rights(groups: Iterable[str], grants: Iterable[Granted]) -> Rights:
    """What the members of these groups may do."""
    mine = set(groups)
    counted = [one for one in grants if one.group in mine]
    return Rights(
        frozenset([Role(one.role) for one in counted if not one.tenants]),
        frozenset([(tenant, Role(one.role)) for one in counted for tenant in one.tenants]),
    )


def name_for(called: str, issuer: str) -> str:
    """What somebody is called here who comes first, as in `anna@clinic.example`. Raises NotTaken."""
    said = called.strip().lower()
    name = said if "@" in said else f"{said}@{urlsplit(issuer).hostname}"
    if not _NAME.fullmatch(name) or len(name) > 64:
        raise NotTaken(
            "the provider's name for you cannot stand on the record here: it needs letters, digits, `.`, `_`, `+` "
            "and `-`, and 64 at the most; see `identity.oidc.name_claim`"
        )
    return name


def known(conn: Connection, issuer: str, proven: Proven, given: Rights, at_us: int) -> Person:
    """Somebody of the provider with what their groups may do now; who comes first is added. Raises NotTaken."""
    mine = (federated.c.issuer == issuer) & (federated.c.subject == proven.subject)
    name = conn.execute(select(federated.c.name).where(mine)).scalar()
    if name is None:
        name = _added(conn, issuer, proven, at_us)
    before = find(conn, name)
    assert before is not None, "a name of the provider is a person's"
    if (before.roles, before.within) != (given.roles, given.within):
        _give(conn, before, given, at_us)
    return Person(name, given.roles, given.within)


def is_of(conn: Connection, name: str, issuer: str) -> bool:
    """Whether somebody comes from this provider."""
    mine = (federated.c.name == name) & (federated.c.issuer == issuer)
    return conn.execute(select(federated.c.name).where(mine)).first() is not None


def _added(conn: Connection, issuer: str, proven: Proven, at_us: int) -> str:
    name = name_for(proven.called, issuer)
    if find(conn, name) is not None:
        raise NotTaken(
            f"{name} is somebody else of the provider already; nobody is given another's name"
        )
    nobodys = "-" + secrets.token_hex(31)  # the digest of no token
    row = {"name": name, "roles": "", "token_sha256": nobodys, "added_us": at_us}
    conn.execute(insert(person).values(row))
    conn.execute(insert(federated).values(name=name, issuer=issuer, subject=proven.subject))
    deed = Deed(CONTROLLER, at_us, "came from the provider for the first time")
    details = {"issuer": issuer, "subject": proven.subject, **events.changed(None, "")}
    deeds.report(conn, deed, "user.added", ("user", name), details=details)
    return name


def _give(conn: Connection, before: Person, given: Rights, at_us: int) -> None:
    name, words = before.name, ",".join([role for role in Role if role in given.roles])
    conn.execute(update(person).where(person.c.name == name).values(roles=words))
    conn.execute(delete(tenant_role).where(tenant_role.c.name == name))
    for tenant, role in sorted(given.within):
        conn.execute(insert(tenant_role).values(name=name, tenant=tenant, role=role.value))
    deed = Deed(CONTROLLER, at_us, "the provider's groups say so")
    details = events.changed(told(before.roles, before.within), told(given.roles, given.within))
    deeds.report(conn, deed, "user.granted", ("user", name), details=details)
