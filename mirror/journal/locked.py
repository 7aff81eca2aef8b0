"""An exchange as it stands, locked in the caller's transaction until it ends."""

from __future__ import annotations

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


def find(conn: Connection, exchange_id: str) -> Locked | None:
    """The exchange of this id; None where the store has none."""
    row = straight.first(conn, _FIND, {"of": exchange_id})
    return None if row is None else Locked(*row)
