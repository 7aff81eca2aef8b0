"""Switches of a whole deployment: upstreams that people drained, emergencies, and halved capacities.

Each is a row while it is on, and an event when it is set and when it ends. Every function works in
the caller's transaction. Capacities are halved and given back by `cutover.servers` alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from cutover import deeds, tables
from cutover.people import Deed
from cutover.servers import kept
from cutover.servers.condition import Condition
from mirror.journal import events

_drain, _emergency = tables.drain.c, tables.emergency.c


def scope_name(tenant: str, route: str) -> str:
    """A tenant and a route, "" for every one, as people call them: `all`, `clinic`, `clinic/chat` or `*/chat`."""
    if not route:
        return tenant or "all"
    return f"{tenant or '*'}/{route}"


def in_scope(tenant: str, route: str, key: tuple[str, str]) -> bool:
    """Whether a rollout is one of a tenant's and a route's, "" for every one."""
    return tenant in ("", key[0]) and route in ("", key[1])


@dataclass(frozen=True, slots=True)
class Drain:
    """An upstream that is sent nothing until a time, in UTC microseconds; 0 for until it is returned."""

    upstream: str
    until_us: int
    by: str
    reason: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Emergency:
    """Everything of a tenant and a route goes to the primary; "" stands for every one."""

    tenant: str
    route: str
    by: str
    reason: str
    at_us: int

    @property
    def name(self) -> str:
        """As people call it: `all`, `clinic`, `clinic/chat` or `*/chat`."""
        return scope_name(self.tenant, self.route)

    def concerns(self, key: tuple[str, str]) -> bool:
        """Whether it is about a rollout."""
        return in_scope(self.tenant, self.route, key)


@dataclass(frozen=True, slots=True)
class Switches:
    """All that are on."""

    drains: tuple[Drain, ...] = ()
    emergencies: tuple[Emergency, ...] = ()
    halved: tuple[Condition, ...] = ()


def read(conn: Connection) -> Switches:
    """All that are on, by name."""
    drains = conn.execute(select(tables.drain).order_by(_drain.upstream)).mappings()
    switched = select(tables.emergency).order_by(_emergency.tenant, _emergency.route)
    return Switches(
        tuple([Drain(**row) for row in drains]),
        tuple([Emergency(**row) for row in conn.execute(switched).mappings()]),
        kept.halved(conn),
    )


def ended(now: Switches, now_us: int) -> list[Drain]:
    """The drains whose time is over."""
    return [one for one in now.drains if 0 < one.until_us <= now_us]


def drain(conn: Connection, upstream: str, until_us: int, deed: Deed) -> None:
    """Sends nothing to an upstream from now on; a drain that is on is given another end."""
    was = _drained_until(conn, upstream)
    conn.execute(delete(tables.drain).where(_drain.upstream == upstream))
    row = Drain(upstream, until_us, deed.actor.name, deed.reason, deed.at_us)
    conn.execute(insert(tables.drain).values(**asdict(row)))
    now = {"until_us": until_us}
    _report(conn, "upstream.drained", upstream, deed, {**now, **events.changed(was, now)})


def give_back(conn: Connection, upstream: str, deed: Deed) -> bool:
    """Ends a drain. False where there is none."""
    was = _drained_until(conn, upstream)
    gone = conn.execute(delete(tables.drain).where(_drain.upstream == upstream)).rowcount
    if gone:
        _report(conn, "upstream.returned", upstream, deed, events.changed(was, None))
    return bool(gone)


def give_all_back(conn: Connection, drains: Iterable[Drain], deed: Deed) -> Switches:
    """Ends some drains. All switches, as they stand then."""
    for one in drains:
        give_back(conn, one.upstream, deed)
    return read(conn)


def switch_on(conn: Connection, tenant: str, route: str, deed: Deed) -> Emergency | None:
    """Declares an emergency. None where it is on already."""
    now = Emergency(tenant, route, deed.actor.name, deed.reason, deed.at_us)
    of = (_emergency.tenant == tenant, _emergency.route == route)
    if conn.execute(select(tables.emergency).where(*of)).first():
        return None
    conn.execute(insert(tables.emergency).values(**asdict(now)))
    _switched(conn, "emergency.on", now, deed)
    return now


def switch_off(conn: Connection, tenant: str, route: str, deed: Deed) -> bool:
    """Ends an emergency. False where there is none of exactly this name."""
    of = (_emergency.tenant == tenant, _emergency.route == route)
    gone = conn.execute(delete(tables.emergency).where(*of)).rowcount
    if gone:
        now = Emergency(tenant, route, deed.actor.name, deed.reason, deed.at_us)
        _switched(conn, "emergency.off", now, deed)
    return bool(gone)


def _drained_until(conn: Connection, upstream: str) -> dict[str, events.Value] | None:
    found = conn.execute(
        select(_drain.until_us).where(_drain.upstream == upstream)
    ).scalar_one_or_none()
    return None if found is None else {"until_us": found}


def _switched(conn: Connection, type: str, switched: Emergency, deed: Deed) -> None:
    on = type == "emergency.on"
    deeds.report(
        conn,
        deed,
        type,
        ("emergency", switched.name),
        tenant=switched.tenant,
        details=events.changed("off" if on else "on", "on" if on else "off"),
    )


def _report(
    conn: Connection, type: str, upstream: str, deed: Deed, details: dict[str, events.Value]
) -> None:
    deeds.report(conn, deed, type, ("upstream", upstream), details=details)
