"""The records of a batch, written together: one statement a table, where one by one each record takes several.

What the batch itself brings is known without asking the store, and what it is asked of others it is asked once. Nothing
is written before `write`, but for what is rare. A record that the store has already (`Twice`) was not foreseen in what was
reported by then: such a batch is rolled back, and its records are moved one by one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from operator import itemgetter

from sqlalchemy import Connection, Table, bindparam, select

from mirror.exchange import Accept, Outcome, Reply
from mirror.journal import exchanges, locked, queue, records, tables
from mirror.journal.exchanges import UnknownExchange
from mirror.journal.locked import Locked
from mirror.journal.queue import Kind
from mirror.journal.rows import Flat
from mirror.journal.seal import Sealer
from mirror.journal.store import insert_together

_reply = tables.reply.c
_standing = itemgetter(*Locked._fields)  # how an exchange stands whose row is new
_LEGS = select(_reply.exchange_id, _reply.leg).where(
    _reply.exchange_id.in_(bindparam("ids", expanding=True))
)


class Twice(Exception):
    """The store has one of the records already: roll back, and move them one by one."""


@dataclass(slots=True)
class Together:
    """What a batch brings that is not written yet, in its order."""

    conn: Connection
    sealer: Sealer
    _found: dict[str, Locked] = field(default_factory=dict)  # as they stand behind what is here
    _legs: dict[str, set[str]] = field(default_factory=dict)  # of those that are pending
    _accepts: list[Flat] = field(default_factory=list)
    _replies: list[Flat] = field(default_factory=list)
    _work: list[dict[str, object]] = field(default_factory=list)

    def look(self, exchange_ids: Collection[str]) -> None:
        """Has these exchanges as the store has them: before the first event, and where somebody else wrote of one."""
        found = locked.find_all(self.conn, exchange_ids)
        self._found |= found
        pending = [id for id, one in found.items() if one.outcome == Outcome.PENDING]
        self._legs |= {id: set() for id in pending}
        if pending:
            for id, leg in self.conn.execute(_LEGS, {"ids": pending}):
                self._legs[id].add(leg)

    def accept(self, accept: Accept) -> None:
        """A request. Raises KeyDestroyed, and nothing of it is here; Twice."""
        if accept.id in self._found:
            raise Twice(accept.id)
        row = records.sealed_row(self.conn, accept, self.sealer)
        self._accepts.append(row)
        self._found[accept.id] = Locked(*_standing(row))
        self._legs[accept.id] = set()
        self._work += records.due(accept)

    def reply(self, reply: Reply) -> Locked:
        """A reply, reported; its exchange as it stood. Raises UnknownExchange."""
        found = self._found.get(reply.exchange_id)
        if found is None:
            raise UnknownExchange(f"exchange {reply.exchange_id} is not in the store")
        row, commitment = records.answer_row(self.conn, found, reply, self.sealer)
        self._replies.append(row)
        records.report(self.conn, found, reply, commitment)
        if found.outcome == Outcome.PENDING:
            self._advance(found, reply)
        return found

    def write(self) -> None:
        """Write what is here. Raises Twice."""
        self._insert(tables.exchange, self._accepts)
        self._insert(tables.reply, self._replies)
        insert_together(self.conn, tables.work, self._work)
        self._work.clear()

    def _insert(self, table: Table, rows: list[Flat]) -> None:
        if insert_together(self.conn, table, rows) != len(rows):
            raise Twice(table.name)
        rows.clear()

    def _advance(self, found: Locked, reply: Reply) -> None:
        legs = self._legs[reply.exchange_id]
        legs.add(reply.leg)
        if exchanges.ends_early(found, reply):
            self.write()
            exchanges.advance(self.conn, found, reply)
            self.look([reply.exchange_id])
        elif exchanges.wanted(found.reask, found.reason) <= legs:
            ended_us = reply.sent_us + reply.total_us
            self._work.append(queue.row(Kind.SCORE, reply.exchange_id, ended_us))
