"""What the drainer writes to the store, each function in one transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, select, update

from mirror.egress_record import Done, Intent
from mirror.exchange import Accept, Large, Leg, Outcome, Reply
from mirror.journal import (
    breakers,
    departures,
    events,
    exchanges,
    locked,
    overdue,
    straight,
    tables,
)
from mirror.journal.breakers import Tripped
from mirror.journal.exchanges import UnknownExchange
from mirror.journal.frames import Damage, Lost, Record
from mirror.journal.keys.ring import KeyDestroyed
from mirror.journal.seal import Sealer
from mirror.journal.segments import Entry
from mirror.journal.store import insert_new, insert_together
from mirror.journal.together import Together

_DRAINER = {"kind": "service", "name": "drainer"}
_DEPLOYMENT = ""  # the tenant of events about the machine
_position = tables.spool_position.c
_in_flight = tables.in_flight.c
_END = delete(tables.in_flight).where(_in_flight.exchange_id == bindparam("of"))

_ADVANCE = (
    update(tables.spool_position)
    .where(_position.segment == bindparam("of"), _position.offset == bindparam("at"))
    .values(offset=bindparam("to"))
)


@dataclass(slots=True)
class _Flying:
    """What begins and ends in one batch of a folder: what does both is written nowhere as under way."""

    begun: dict[str, None] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def begin(self, exchange_id: str) -> None:
        """An exchange is under way."""
        self.begun[exchange_id] = None

    def end(self, exchange_id: str) -> None:
        """It has ended; again does nothing."""
        if exchange_id in self.begun:
            del self.begun[exchange_id]
        else:
            self.ended.append(exchange_id)

    def write(self, conn: Connection, folder: str) -> None:
        """What is under way behind the batch, and what is no more."""
        if self.ended:
            straight.many(conn, _END, [{"of": one} for one in self.ended])
        rows = [{"exchange_id": one, "spool": folder} for one in self.begun]
        insert_together(conn, tables.in_flight, rows)


class Overtaken(Exception):
    """Another drainer moved the segment's position; roll back and read it again."""


def position(conn: Connection, segment: str) -> int:
    """How many bytes of a segment are in the store."""
    found = select(_position.offset).where(_position.segment == segment)
    return conn.execute(found).scalar() or 0


def advance(conn: Connection, segment: str, at: int, to: int) -> None:
    """Move a segment's position from `at` to `to`.

    Raises:
        Overtaken: it is no longer at `at`.
    """
    if at == 0:
        moved = insert_new(conn, tables.spool_position, {"segment": segment, "offset": to})
    else:
        moved = straight.many(conn, _ADVANCE, [{"of": segment, "at": at, "to": to}]) == 1
    if not moved:
        raise Overtaken(segment)


def take(
    conn: Connection, folder: str, entries: Sequence[Entry], sealer: Sealer, now_us: int
) -> tuple[Large, ...]:
    """Store the records of one spool folder, in their order; damage becomes an audit.gap event.

    The long bodies that no row will point to, for who commits and then deletes them.

    Raises:
        Twice: the store has one of several already; roll back and give them one by one.
    """
    taking = _Taking(conn, folder, sealer, now_us)
    with events.together(conn):
        if len(entries) > 1:
            taking.together = Together(conn, sealer)
            taking.together.look(_changed(entries))
        else:
            locked.lock_all(conn, _changed(entries))
        for entry in entries:
            taking.one(entry.found)
        taking.end()
    return tuple(taking.unwanted)


def bury(conn: Connection, folder: str, *, in_order: bool, now_us: int) -> None:
    """Settle what a gone process left unfinished, once. `in_order`: it closed its spool itself."""
    if not insert_new(conn, tables.spool_position, {"segment": folder, "offset": 1}):
        return  # a drainer did this and was killed before it removed the folder
    left = conn.scalars(select(_in_flight.exchange_id).where(_in_flight.spool == folder)).all()
    locked.lock_all(conn, left)
    for exchange_id in left:
        exchanges.abandon(conn, exchange_id, Outcome.FAILED, "process_killed")
    conn.execute(delete(tables.in_flight).where(_in_flight.spool == folder))
    departures.bury(conn, folder, now_us)
    breakers.bury(conn, folder, now_us)
    if left or not in_order:
        events.append(
            conn,
            tenant=_DEPLOYMENT,
            type="process.crash_recovered",
            actor=_DRAINER,
            object={"kind": "spool", "id": folder},
            at_us=now_us,
            details={"unfinished": len(left)},
        )


def forget(conn: Connection, segment: str) -> None:
    """Drop the position of a segment, or of a folder and its segments, whose files are deleted."""
    inside = _position.segment.startswith(segment + "/", autoescape=True)
    conn.execute(delete(tables.spool_position).where((_position.segment == segment) | inside))


def _changed(entries: Sequence[Entry]) -> set[str]:
    """The exchanges that records are of which the store may have already: their accepts are not among those before them."""
    found: set[str] = set()
    begun: set[str] = set()
    for entry in entries:
        match entry.found:
            case Accept(id=of):
                begun.add(of)
            case Reply(exchange_id=of):
                if of not in begun:
                    found.add(of)
            case Lost(replies=replies):
                found.update(replies)
    return found


@dataclass(slots=True)
class _Taking:
    """The records of one folder on their way into the store: together, or a single one by itself."""

    conn: Connection
    folder: str
    sealer: Sealer
    now_us: int
    together: Together | None = None
    unwanted: list[Large] = field(default_factory=list)
    _departed: list[Intent | Done] = field(default_factory=list)
    _flying: _Flying = field(default_factory=_Flying)

    def one(self, found: Record | Damage) -> None:
        """Take the next one."""
        match found:
            case Intent() | Done():
                self._departed.append(found)
            case Accept():
                self._accept(found)
            case Reply():
                self._reply(found)
            case Tripped():
                breakers.take(self.conn, self.folder, found)
            case Lost():
                self._lost(found)
            case Damage():
                self._gap(found.why, {"at": found.at, "bytes": found.end - found.at})

    def end(self) -> None:
        """All were taken: write what is not written yet."""
        if self.together:
            self.together.write()
        self._flying.write(self.conn, self.folder)
        for one in self._departed:
            if isinstance(one, Intent) and one.subject:
                self.sealer.ring.peppers.look(self.conn, one.tenant, one.at_us)
        departures.take(self.conn, self.folder, self._departed)

    def _accept(self, accept: Accept) -> None:
        """Its long body is unwanted where the key of its month was destroyed: its words are kept no more."""
        try:
            new = self._recorded(accept)
        except KeyDestroyed:
            new = overdue.record_accept(self.conn, accept, _DRAINER, self.now_us)
            if self.together:
                self.together.look([accept.id])
            self.unwanted += [accept.large] if new and accept.large else []
        if new:
            if accept.subject:
                self.sealer.ring.peppers.look(self.conn, accept.tenant, accept.accepted_us)
            self._flying.begin(accept.id)

    def _recorded(self, accept: Accept) -> bool:
        if self.together is None:
            return exchanges.record_accept(self.conn, accept, self.sealer)
        self.together.accept(accept)
        return True

    def _reply(self, reply: Reply) -> None:
        """Its long body is unwanted where its exchange was erased or is not in the store; then there is a gap too."""
        try:
            if self._is_erased(reply) and reply.large:
                self.unwanted.append(reply.large)
        except UnknownExchange:  # its accept was refused or damaged
            self.unwanted += [reply.large] if reply.large else []
            self._gap("a reply without its accept", {"exchange": reply.exchange_id})
        if reply.leg is Leg.SERVED:
            self._flying.end(reply.exchange_id)

    def _is_erased(self, reply: Reply) -> bool:
        """Record a reply; whether the payloads of its exchange were erased."""
        if self.together:
            return self.together.reply(reply).purged_us is not None
        exchanges.record_reply(self.conn, reply, self.sealer)
        return reply.large is not None and exchanges.is_erased(self.conn, reply.exchange_id)

    def _lost(self, lost: Lost) -> None:
        if self.together:
            self.together.write()
        for exchange_id in lost.replies:
            self._flying.end(exchange_id)
            try:
                exchanges.abandon(self.conn, exchange_id, Outcome.FAILED, "spool_full")
            except UnknownExchange:  # its accept was refused too, and is counted below
                continue
            if self.together:
                self.together.look([exchange_id])
        counts = {"replies": len(lost.replies), "egress": lost.egress}
        self._gap("the spool was full", {"accepts": lost.accepts, **counts})

    def _gap(self, why: str, details: Mapping[str, events.Value]) -> None:
        events.append(
            self.conn,
            tenant=_DEPLOYMENT,
            type="audit.gap",
            actor=_DRAINER,
            object={"kind": "spool", "id": self.folder},
            at_us=self.now_us,
            reason=why,
            details=details,
        )
