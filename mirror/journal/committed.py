"""Whether the payloads that are kept are those that events committed to: each is opened and hashed again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from mirror.journal.chain import Broken
from mirror.journal.events import Event
from mirror.journal.keys.port import KeyLost
from mirror.journal.seal import Erased, SealBroken, Sealer
from mirror.journal.tables import exchange, reply

REQUEST = "request"
"""The part of an exchange that its request is; its answers are parts by their legs."""


@dataclass(slots=True)
class Payloads:
    """Looks at what every event committed to. `erased` counts what is kept no more.

    `closed` counts what could not be looked at, by its tenant and why that tenant's key cannot be had now: the payloads
    under other keys are looked at all the same.
    """

    conn: Connection
    sealer: Sealer = field(repr=False)
    same: int = 0
    erased: int = 0
    closed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, row: Event) -> Broken | None:
        """What is wrong with a payload that an event committed to."""
        for id, part, commitment in _committed(row):
            try:
                wrong = self._wrong(id, part, commitment)
            except KeyLost as lost:
                self.closed[row.tenant, str(lost)] += 1
                continue
            if wrong:
                return Broken(row.tenant, row.seq, f"its {_named(part)} {wrong}")
        return None

    def _wrong(self, id: str, part: str, commitment: str) -> str:
        column = self.conn.scalar(column_of(id, part))
        if column is None:
            self.erased += 1
            return ""
        try:
            found = self.sealer.commitment(column, f"{id}/{part}", self.conn)
        except Erased:
            self.erased += 1
            return ""
        except SealBroken as error:
            return f"cannot be opened: {error}"
        if found != commitment:
            return "is not the one it committed to"
        self.same += 1
        return ""


def column_of(id: str, part: str) -> Select[Any]:
    """Where a payload of an exchange stands: a request in its own row, an answer in its leg's."""
    if part == REQUEST:
        return select(exchange.c.body).where(exchange.c.id == id)
    return select(reply.c.body).where(reply.c.exchange_id == id, reply.c.leg == part)


def _committed(row: Event) -> Iterator[tuple[str, str, str]]:
    """The exchange, the part and the commitment of each payload that an event is of; of no other event any."""
    try:
        said = json.loads(row.body)
        details, id = said["details"], str(said["object"]["id"])
        parts = {"request_commitment": REQUEST, "body_commitment": str(details["leg"])}
    except (KeyError, TypeError):
        return
    for name, part in parts.items():
        if details.get(name):
            yield id, part, str(details[name])


def _named(part: str) -> str:
    return "request's payload" if part == REQUEST else "payload"
