"""Opening payloads of the store for a full export: what each event committed to, or why it is not there."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.exports.payloads import Revealed
from mirror.journal.committed import REQUEST, column_of
from mirror.journal.seal import Erased, SealBroken, Sealer
from mirror.journal.store import Store

ERASED, UNREADABLE = "erased", "unreadable"


def revealing(store: Store, sealer: Sealer) -> Revealed:
    """Opens the payloads that events of a store committed to."""

    def open_one(exchange: str, leg: str, name: str) -> tuple[bytes, Iterator[bytes]] | str:
        part = REQUEST if name == "request_commitment" else leg
        with store.read() as conn:
            column = conn.scalar(column_of(exchange, part))
            if column is None:
                return ERASED
            try:
                return sealer.committed(column, f"{exchange}/{part}", conn)
            except Erased:
                return ERASED
            except SealBroken:
                return UNREADABLE

    return Revealed(open_one)
