"""Conditions as the store keeps them, so that who acts next knows what was seen. In the caller's transaction."""

from __future__ import annotations

import json

from sqlalchemy import Connection, delete, insert, select

from cutover import tables
from cutover.people import CONTROLLER
from cutover.servers.condition import Condition
from mirror.journal import events
from policies.capacity import Capacity


def read(conn: Connection) -> tuple[Condition, ...]:
    """Every upstream's, by name."""
    table = tables.server_condition
    return tuple(
        [
            Condition(
                row.upstream, row.basis, tuple(json.loads(row.gpus)), row.why, row.since_us
            )
            for row in conn.execute(select(table).order_by(table.c.upstream))
        ]
    )


def halved(conn: Connection) -> tuple[Condition, ...]:
    """Those of upstreams of whose capacity only a part is accepted."""
    return tuple([one for one in read(conn) if one.why])


def keep(conn: Connection, now: Condition) -> None:
    """Keeps an upstream's condition in place of the one before."""
    drop(conn, now.upstream)
    conn.execute(
        insert(tables.server_condition).values(
            upstream=now.upstream,
            basis=now.basis,
            gpus=json.dumps(now.gpus),
            why=now.why,
            since_us=now.since_us,
        )
    )


def drop(conn: Connection, upstream: str) -> None:
    """Forgets an upstream's."""
    table = tables.server_condition
    conn.execute(delete(table).where(table.c.upstream == upstream))


def report(
    conn: Connection, now: Condition, declared: Capacity, reason: str, at_us: int
) -> None:
    """Appends the event that an upstream's capacity was halved, or is whole again."""
    accepted = declared.accepting(now.factor).in_flight
    events.append(
        conn,
        tenant="",
        type="capacity.halved" if now.why else "capacity.restored",
        actor=CONTROLLER.body(),
        object={"kind": "upstream", "id": now.upstream},
        at_us=at_us,
        reason=reason,
        details={
            "factor": f"{now.factor:g}",
            "declared": declared.in_flight,
            "accepted": accepted,
            "gpus": list(now.gpus),
        },
    )
