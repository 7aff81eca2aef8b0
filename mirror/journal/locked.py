"""An exchange as it stands, locked in the caller's transaction until it ends."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from mirror.journal import straight, tables

_exchange = tables.exchange.c


class Locked(NamedTuple):
    """Where an exchange stands and whose it is, each as its column has it."""

    tenant: str
    route: str
    outcome: str
    reason: str
    reask: bool
    serving: str
    stage: str
    accepted_us: int
    epoch: int
    purged_us: int | None
    subject: str
    commitment: str


_FIND = (
    select(*[_exchange[name] for name in Locked._fields])
    .where(_exchange.id == bindparam("of"))
    .with_for_update()
)

_ALL = (
    select(_exchange.id)
    .where(_exchange.id.in_(bindparam("ids", expanding=True)))
    .order_by(_exchange.id)
    .with_for_update()
)
_FIND_ALL = _ALL.add_columns(*[_exchange[name] for name in Locked._fields])


def lock_all(conn: Connection, exchange_ids: Collection[str]) -> None:
    """For who changes several exchanges in one transaction, before it changes one or writes an event: has all, in one order.

    Who took them one by one, each in its own order, would wait for who has the next one and waits for this. So would
    who held one and asked for the log of events, which is one lock on PostgreSQL, and who held the log and asked for that
    exchange. The store ended one of them. SQLite has one writer.
    """
    if exchange_ids and conn.dialect.name == "postgresql":
        conn.execute(_ALL, {"ids": sorted(exchange_ids)})


def find_all(conn: Connection, exchange_ids: Collection[str]) -> dict[str, Locked]:
    """The exchanges of these ids that the store has, taken as by `lock_all`."""
    if not exchange_ids:
        return {}
    if conn.dialect.name == "postgresql":
        found = conn.execute(_FIND_ALL, {"ids": sorted(exchange_ids)})
        return {row[0]: Locked(*row[1:]) for row in found}
    each = ((id, find(conn, id)) for id in exchange_ids)
    return {id: one for id, one in each if one is not None}


def find(conn: Connection, exchange_id: str) -> Locked | None:
    """The exchange of this id; None where the store has none."""
    row = straight.first(conn, _FIND, {"of": exchange_id})
    return None if row is None else Locked(*row)
