"""Whether the payloads that are kept are those that events committed to: each is opened and hashed again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from mirror.journal.chain import Broken
from mirror.journal.events import Event
from mirror.journal.seal import Erased, SealBroken, Sealer
from mirror.journal.tables import reply


@dataclass(slots=True)
class Payloads:
    """Looks at the answer of every event that has a commitment. `erased` counts those that are kept no more."""

    conn: Connection
    sealer: Sealer = field(repr=False)
    same: int = 0
    erased: int = 0

    def add(self, row: Event) -> Broken | None:
        """What is wrong with the payload that an event committed to.

        Raises KeyLost where a tenant's key is not there now: nothing is known of its payloads then.
        """
        try:
            said = json.loads(row.body)
            details, exchange = said["details"], str(said["object"]["id"])
            committed, leg = details["body_commitment"], str(details["leg"])
        except (KeyError, TypeError):
            return None
        column = self.conn.scalar(
            select(reply.c.body).where(reply.c.exchange_id == exchange, reply.c.leg == leg)
        )
        if column is None:
            self.erased += 1
            return None
        try:
            found = self.sealer.commitment(column, f"{exchange}/{leg}", self.conn)
        except Erased:
            self.erased += 1
            return None
        except SealBroken as error:
            return Broken(row.tenant, row.seq, f"its payload cannot be opened: {error}")
        if found != committed:
            return Broken(row.tenant, row.seq, "its payload is not the one it committed to")
        self.same += 1
        return None
