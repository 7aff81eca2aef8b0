"""Opening payloads of the store for a full export: what each event committed to, or why it is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select

from cutover.exports.payloads import Revealed
from mirror.journal import tables
from mirror.journal.seal import Erased, SealBroken, Sealer
from mirror.journal.store import Store

ERASED, UNREADABLE = "erased", "unreadable"


def revealing(store: Store, sealer: Sealer) -> Revealed:
    """Opens the payloads that events of a store committed to."""

    def open_one(exchange: str, leg: str, name: str) -> tuple[bytes, Iterator[bytes]] | str:
        part = "request" if name == "request_commitment" else leg
        with store.read() as conn:
            column = conn.scalar(_column(exchange, part))
            if column is None:
                return ERASED
            try:
                return sealer.committed(column, f"{exchange}/{part}", conn)
            except Erased:
                return ERASED
            except SealBroken:
                return UNREADABLE

    return Revealed(open_one)


def _column(exchange: str, part: str) -> Select[Any]:
    """Where a payload stands: a request's in the exchange's row, an answer's in its leg's."""
    if part == "request":
        return select(tables.exchange.c.body).where(tables.exchange.c.id == exchange)
    mine = (tables.reply.c.exchange_id == exchange, tables.reply.c.leg == part)
    return select(tables.reply.c.body).where(*mine)
