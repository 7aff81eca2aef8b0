"""Reads from the store which side each client's answer came from."""

from __future__ import annotations

import json

from sqlalchemy import select

from cutover.rehearsal.report import Answer
from mirror.exchange import End, Leg
from mirror.journal.store import Store
from mirror.journal.tables import exchange, reply


def answers(store: Store) -> tuple[Answer, ...]:
    """Every served reply in the order of its request. Raises StoreError."""
    query = (
        select(
            exchange.c.tenant,
            exchange.c.route,
            exchange.c.accepted_us,
            reply.c.side,
            reply.c.end,
            reply.c.failed_over,
        )
        .join_from(reply, exchange)
        .where(reply.c.leg == Leg.SERVED.value)
        .order_by(exchange.c.accepted_us)
    )
    with store.read() as conn:
        return tuple(
            Answer(
                tenant=row.tenant,
                route=row.route,
                accepted_us=row.accepted_us,
                side=row.side,
                answered=row.end == End.COMPLETE.value,
                failed_over=bool(json.loads(row.failed_over or "[]")),
            )
            for row in conn.execute(query)
        )
