"""What the drainer writes to the store, each function in one transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, select, update

from mirror.egress_record import Done, Intent
from mirror.exchange import Accept, Large, Leg, Outcome, Reply
from mirror.journal import breakers, departures, events, exchanges, locked, overdue, tables
from mirror.journal.breakers import Tripped
from mirror.journal.exchanges import UnknownExchange
from mirror.journal.frames import Damage, Lost
from mirror.journal.keys.ring import KeyDestroyed
from mirror.journal.seal import Sealer
from mirror.journal.segments import Entry
from mirror.journal.store import insert_all_new, insert_new

_DRAINER = {"kind": "service", "name": "drainer"}
_DEPLOYMENT = ""  # the tenant of events about the machine
_position = tables.spool_position.c
_in_flight = tables.in_flight.c
_END = delete(tables.in_flight).where(_in_flight.exchange_id == bindparam("of"))


@dataclass(slots=True)
class _Flying:
    """What begins and ends in one batch of a folder: what does both is written nowhere as under way."""

    folder: str
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

    def write(self, conn: Connection) -> None:
        """What is under way behind the batch, and what is no more."""
        if self.ended:
            conn.execute(_END, [{"of": one} for one in self.ended])
        if self.begun:
            rows = [{"exchange_id": one, "spool": self.folder} for one in self.begun]
            insert_all_new(conn, tables.in_flight, rows)


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
        here = (_position.segment == segment, _position.offset == at)
        rows = conn.execute(update(tables.spool_position).where(*here).values(offset=to))
        moved = rows.rowcount == 1
    if not moved:
        raise Overtaken(segment)


def take(
    conn: Connection, folder: str, entries: Sequence[Entry], sealer: Sealer, now_us: int
) -> tuple[Large, ...]:
    """Store the records of one spool folder, in their order; damage becomes an audit.gap event.

    The long bodies that no row will point to, for who commits and then deletes them.
    """
    departed: list[Intent | Done] = []
    unwanted: list[Large] = []
    flying = _Flying(folder)
    locked.lock_all(conn, _changed(entries))
    for entry in entries:
        match entry.found:
            case Intent() | Done() as one:
                departed.append(one)
            case Accept() as accept:
                unwanted += _take_accept(conn, flying, accept, sealer, now_us)
            case Reply() as reply:
                unwanted += _take_reply(conn, flying, reply, sealer, now_us)
            case Tripped() as tripped:
                breakers.take(conn, folder, tripped)
            case Lost() as lost:
                _take_lost(conn, flying, lost, now_us)
            case Damage() as damage:
                details = {"at": damage.at, "bytes": damage.end - damage.at}
                _gap(conn, folder, damage.why, details, now_us)
    flying.write(conn)
    _depart(conn, folder, departed, sealer)
    return tuple(unwanted)


def bury(conn: Connection, folder: str, *, in_order: bool, now_us: int) -> None:
    """Settle what a gone process left unfinished, once. `in_order`: it closed its spool itself."""
    if not insert_new(conn, tables.spool_position, {"segment": folder, "offset": 1}):
        return  # a drainer did this and was killed before it removed the folder
    left = conn.scalars(select(_in_flight.exchange_id).where(_in_flight.spool == folder)).all()
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
    """The exchanges that records are of which the store may have already."""
    found: set[str] = set()
    for entry in entries:
        match entry.found:
            case Reply(exchange_id=of):
                found.add(of)
            case Lost(replies=replies):
                found.update(replies)
    return found


def _depart(
    conn: Connection, folder: str, departed: list[Intent | Done], sealer: Sealer
) -> None:
    for one in departed:
        if isinstance(one, Intent) and one.subject:
            sealer.ring.peppers.look(conn, one.tenant, one.at_us)
    departures.take(conn, folder, departed)


def _take_accept(
    conn: Connection, flying: _Flying, accept: Accept, sealer: Sealer, now_us: int
) -> tuple[Large, ...]:
    """Its long body, where the key of its month was destroyed: its words are kept no more."""
    unwanted: tuple[Large, ...] = ()
    try:
        new = exchanges.record_accept(conn, accept, sealer)
    except KeyDestroyed:
        new = overdue.record_accept(conn, accept, _DRAINER, now_us)
        unwanted = (accept.large,) if new and accept.large else ()
    if new:
        if accept.subject:
            sealer.ring.peppers.look(conn, accept.tenant, accept.accepted_us)
        flying.begin(accept.id)
    return unwanted


def _take_reply(
    conn: Connection, flying: _Flying, reply: Reply, sealer: Sealer, now_us: int
) -> tuple[Large, ...]:
    """Its long body, where its exchange was erased or is not in the store; then there is a gap too."""
    unwanted: tuple[Large, ...] = ()
    try:
        exchanges.record_reply(conn, reply, sealer)
        if reply.large and exchanges.is_erased(conn, reply.exchange_id):
            unwanted = (reply.large,)
    except UnknownExchange:  # its accept was refused or damaged
        unwanted = (reply.large,) if reply.large else ()
        details = {"exchange": reply.exchange_id}
        _gap(conn, flying.folder, "a reply without its accept", details, now_us)
    if reply.leg is Leg.SERVED:
        flying.end(reply.exchange_id)
    return unwanted


def _take_lost(conn: Connection, flying: _Flying, lost: Lost, now_us: int) -> None:
    for exchange_id in lost.replies:
        flying.end(exchange_id)
        try:
            exchanges.abandon(conn, exchange_id, Outcome.FAILED, "spool_full")
        except UnknownExchange:  # its accept was refused too, and is counted below
            continue
    details = {
        "accepts": lost.accepts,
        "replies": len(lost.replies),
        "egress": lost.egress,
    }
    _gap(conn, flying.folder, "the spool was full", details, now_us)


def _gap(
    conn: Connection, folder: str, why: str, details: Mapping[str, events.Value], now_us: int
) -> None:
    events.append(
        conn,
        tenant=_DEPLOYMENT,
        type="audit.gap",
        actor=_DRAINER,
        object={"kind": "spool", "id": folder},
        at_us=now_us,
        reason=why,
        details=details,
    )
