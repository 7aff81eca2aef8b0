"""Circuit breakers in the store: which are open, and events of when they open and close.

A rollout's breaker at an upstream opens with the first process whose own one does, and closes with the
last. Every function works in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select

from mirror.journal import events, tables
from mirror.journal.store import insert_new

_breaker = tables.breaker.c


@dataclass(frozen=True, slots=True)
class Tripped:
    """The breaker of one process opened, or closed and stayed so. `at_us` is UTC microseconds."""

    tenant: str
    route: str
    upstream: str
    opened: bool
    at_us: int


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A rollout whose requests are kept away from an upstream, in one process at least."""

    tenant: str
    route: str
    upstream: str
    since_us: int


def open_now(conn: Connection) -> tuple[OpenBreaker, ...]:
    """All that are open, by tenant, route and upstream."""
    columns = (_breaker.tenant, _breaker.route, _breaker.upstream)
    query = select(*columns, func.min(_breaker.since_us)).group_by(*columns).order_by(*columns)
    return tuple(OpenBreaker(*row) for row in conn.execute(query))


def take(conn: Connection, spool: str, one: Tripped) -> None:
    """Keep what the process of a spool folder told; once where it is told again."""
    if one.opened:
        _open(conn, spool, one)
    else:
        _close(conn, spool, one)


def bury(conn: Connection, spool: str, now_us: int) -> None:
    """Close what a gone process left open: nobody keeps requests away there any more."""
    columns = (_breaker.tenant, _breaker.route, _breaker.upstream)
    left = conn.execute(
        select(*columns).where(_breaker.spool == spool).order_by(*columns)
    ).all()
    for tenant, route, upstream in left:
        gone = Tripped(tenant, route, upstream, opened=False, at_us=now_us)
        _close(conn, spool, gone, "its proxy ended")


def _open(conn: Connection, spool: str, one: Tripped) -> None:
    before = _since_us(conn, one)
    row: dict[str, object] = {
        "tenant": one.tenant,
        "route": one.route,
        "upstream": one.upstream,
        "spool": spool,
        "since_us": one.at_us,
    }
    if insert_new(conn, tables.breaker, row) and before is None:
        _report(conn, "breaker.opened", one, {})


def _close(conn: Connection, spool: str, one: Tripped, reason: str = "") -> None:
    since_us = _since_us(conn, one)
    rows = conn.execute(delete(tables.breaker).where(*_of(one), _breaker.spool == spool))
    if rows.rowcount == 1 and since_us is not None and _since_us(conn, one) is None:
        open_s = max(0, one.at_us - since_us) // 1_000_000
        _report(conn, "breaker.closed", one, {"open_s": open_s}, reason)


def _of(one: Tripped) -> tuple[ColumnElement[bool], ...]:
    return (
        _breaker.tenant == one.tenant,
        _breaker.route == one.route,
        _breaker.upstream == one.upstream,
    )


def _since_us(conn: Connection, one: Tripped) -> int | None:
    """Since when it has been open; None where it is not."""
    return conn.execute(select(func.min(_breaker.since_us)).where(*_of(one))).scalar()


def _report(
    conn: Connection, kind: str, one: Tripped, details: dict[str, int], reason: str = ""
) -> None:
    events.append(
        conn,
        tenant=one.tenant,
        type=kind,
        actor={"kind": "service", "name": "proxy"},
        object={"kind": "rollout", "id": f"{one.tenant}/{one.route}"},
        at_us=one.at_us,
        outcome="failed" if one.opened else "ok",
        reason=reason,
        details={"upstream": one.upstream, **details},
    )
