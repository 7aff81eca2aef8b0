"""The backlog, and shedding: when more shadows wait than a rollout's policy allows, the newest are given up.

The oldest are kept, because a session that was shadowed from its start is worth more as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mirror import unpaired
from mirror.journal import exchanges, locked, tables
from mirror.journal.queue import Kind
from policies.policy import Policy

_AT_ONCE = 500  # exchanges settled in one transaction, so that no other writer waits long
_work, _exchange = tables.work.c, tables.exchange.c
_WAITING = (
    tables.work.join(tables.exchange, _work.exchange_id == _exchange.id),
    _work.kind == Kind.SHADOW,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work of one kind that a rollout waits for; `oldest_us` is when its oldest exchange came."""

    tenant: str
    route: str
    kind: str
    count: int
    oldest_us: int


def waiting(conn: Connection) -> tuple[Waiting, ...]:
    """All work that is not ended, what is being done included."""
    columns = (_exchange.tenant, _exchange.route, _work.kind)
    query = (
        select(*columns, func.count(), func.min(_exchange.accepted_us))
        .select_from(_WAITING[0])
        .group_by(*columns)
        .order_by(*columns)
    )
    return tuple(Waiting(*row) for row in conn.execute(query))


def shed_so_far(conn: Connection) -> dict[tuple[str, str, str], int]:
    """How many exchanges were ever shed, by (tenant, route, reason)."""
    columns = (_exchange.tenant, _exchange.route, _exchange.reason)
    query = (
        select(*columns, func.count()).where(tables.SHED).group_by(*columns).order_by(*columns)
    )
    return {(tenant, route, reason): n for tenant, route, reason, n in conn.execute(query)}


def limits(policy: Policy) -> dict[tuple[str, str], int]:
    """How many shadows may wait, by (tenant, route)."""
    return {
        (rollout.tenant, rollout.route.value): policy.terms_of(rollout).sampling.max_backlog
        for rollout in policy.rollouts
    }


def excess(
    conn: Connection, allowed: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    """How many shadows wait beyond what is allowed, by (tenant, route); only those above zero."""
    source, of_kind = _WAITING
    columns = (_exchange.tenant, _exchange.route)
    counts = select(*columns, func.count()).select_from(source).where(of_kind)
    found = {(tenant, route): n for tenant, route, n in conn.execute(counts.group_by(*columns))}
    over = {key: n - allowed[key] for key, n in found.items() if key in allowed}
    return {key: n for key, n in over.items() if n > 0}


def shed(conn: Connection, tenant: str, route: str, count: int, now_us: int) -> int:
    """Give up the copies of up to `count` of the newest waiting exchanges, as `shed: backlog`; how many it were.

    What the candidate answered itself is looked at without its copy.
    """
    source, of_kind = _WAITING
    newest = (
        select(_work.exchange_id)
        .select_from(source)
        .where(of_kind, _exchange.tenant == tenant, _exchange.route == route)
        .where(_work.leased_until_us <= now_us)
        .order_by(_work.due_us.desc(), _work.id.desc())
        .limit(min(count, _AT_ONCE))
    )
    found = conn.scalars(newest).all()
    locked.lock_all(conn, found)  # the drainer takes the oldest first
    return sum(
        exchanges.unpair(conn, exchange_id, unpaired.BACKLOG, now_us) for exchange_id in found
    )
