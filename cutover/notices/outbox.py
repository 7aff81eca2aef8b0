"""What each destination has been told: a mark in every tenant's event log, moved when a letter was accepted.

The log itself is the outbox, so that nothing is lost and nothing grows. A letter that was accepted
in the moment in which its sender was killed, before the mark moved, is sent a second time; nothing
else is. Every function works in the caller's transaction; times are microseconds of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, and_, or_, select, tuple_, update

from cutover import tables
from cutover.notices.notice import TYPES
from mirror.journal import events
from mirror.journal.events import Event
from mirror.journal.store import insert_new
from mirror.journal.tables import event
from policies.notify import Destination

OLDEST_US = 86_400_000_000
"""What could not be told for a day is not told any more."""
CLAIM_US = 120_000_000
"""So long a sender has a destination to itself; longer than any sending takes."""
NOTIFIER = {"kind": "service", "name": "notifier"}

_to, _told = tables.notice_to.c, tables.notice_told.c


@dataclass(frozen=True, slots=True)
class State:
    """How it went with a destination; `untold_since_us` 0 where nothing was dropped."""

    since_us: int
    failures: int
    failing_since_us: int

    def untold_since_us(self, now_us: int) -> int:
        """From when on notices were dropped because they could not be told for too long."""
        dropped = self.failing_since_us and self.failing_since_us < now_us - OLDEST_US
        return self.failing_since_us if dropped else 0


def state(conn: Connection, destination: str, now_us: int) -> State:
    """How it goes with a destination. One that is new is told of nothing before now."""
    row = {
        "destination": destination,
        "since_us": now_us,
        "owner": "",
        "until_us": 0,
        "failures": 0,
        "failing_since_us": 0,
    }
    found = _row(conn, destination)
    if found is None:
        insert_new(conn, tables.notice_to, row)
        found = _row(conn, destination)
    assert found is not None, "it is there now"
    return State(found["since_us"], found["failures"], found["failing_since_us"])


def failing_since_us(conn: Connection, destination: str) -> int:
    """Since when nothing has reached a destination; 0 where it is well, or nothing is known of it."""
    found = _row(conn, destination)
    return int(found["failing_since_us"]) if found is not None and found["failures"] else 0


def known(conn: Connection, destination: str) -> bool:
    """Whether anything is remembered of a destination."""
    return _row(conn, destination) is not None


def untold(conn: Connection, destination: str, now_us: int, *, most: int = 500) -> list[Event]:
    """The events that people may be told of and this destination was not, the oldest first.

    At most so many, and then each tenant's first ones: a mark must not move past what was not read.
    """
    since = select(_to.since_us).where(_to.destination == destination).scalar_subquery()
    mine = and_(_told.destination == destination, _told.tenant == event.c.tenant)
    new = (
        select(event.c.tenant, event.c.seq)
        .select_from(event.outerjoin(tables.notice_told, mine))
        .where(
            event.c.type.in_(TYPES),
            event.c.at_us > now_us - OLDEST_US,
            event.c.at_us >= since,
            or_(_told.seq.is_(None), event.c.seq > _told.seq),
        )
    )
    # Sorted here: asked for in order, SQLite would walk through every event there is.
    keys = sorted([(row.tenant, row.seq) for row in conn.execute(new)])[:most]
    if not keys:
        return []
    query = select(event).where(tuple_(event.c.tenant, event.c.seq).in_(keys))
    found = [Event(**row._mapping) for row in conn.execute(query)]
    return sorted(found, key=lambda one: (one.at_us, one.tenant, one.seq))


def claim(conn: Connection, destination: str, owner: str, now_us: int) -> bool:
    """Takes a destination for one sending; False while somebody else has it.

    One that is taken for longer than anybody may was so by a clock that was put back since.
    """
    free = or_(_to.owner == owner, _to.until_us <= now_us, _to.until_us > now_us + CLAIM_US)
    taken = conn.execute(
        update(tables.notice_to)
        .where(_to.destination == destination, free)
        .values(owner=owner, until_us=now_us + CLAIM_US)
    )
    return bool(taken.rowcount)


def release(conn: Connection, destination: str) -> None:
    """Gives a destination back before its time is over."""
    conn.execute(
        update(tables.notice_to).where(_to.destination == destination).values(until_us=0)
    )


def skip(conn: Connection, destination: str, seen: Iterable[Event]) -> None:
    """Moves the marks past events; those that it is not told of, too."""
    newest: dict[str, int] = {}
    for one in seen:
        newest[one.tenant] = max(one.seq, newest.get(one.tenant, 0))
    for tenant, seq in newest.items():
        row = {"destination": destination, "tenant": tenant, "seq": seq}
        if not insert_new(conn, tables.notice_told, row):
            conn.execute(
                update(tables.notice_told)
                .where(
                    _told.destination == destination, _told.tenant == tenant, _told.seq < seq
                )
                .values(seq=seq)
            )


def accepted(
    conn: Connection, to: Destination, seen: Iterable[Event], notices: int, now_us: int
) -> None:
    """Records that a letter with so many notices was accepted; its events are told now."""
    skip(conn, to.to, seen)
    _ended(conn, to.to, failures=0, failing_since_us=0)
    details: dict[str, events.Value] = {"location": to.location, "notices": notices}
    events.append(
        conn,
        tenant="",
        type="notice.sent",
        actor=NOTIFIER,
        object=_object(to.to),
        at_us=now_us,
        details=details,
    )


def refused(conn: Connection, destination: str, why: str, now_us: int) -> int:
    """Records that a letter was not accepted; how often in a row by now. The first is an event."""
    before = state(conn, destination, now_us)
    if not before.failures:
        events.append(
            conn,
            tenant="",
            type="notice.failed",
            actor=NOTIFIER,
            object=_object(destination),
            at_us=now_us,
            outcome="failed",
            reason=why,
        )
    failures = before.failures + 1
    since_us = before.failing_since_us or now_us
    _ended(conn, destination, failures=failures, failing_since_us=since_us)
    return failures


def _ended(conn: Connection, destination: str, *, failures: int, failing_since_us: int) -> None:
    conn.execute(
        update(tables.notice_to)
        .where(_to.destination == destination)
        .values(until_us=0, failures=failures, failing_since_us=failing_since_us)
    )


def _row(conn: Connection, destination: str) -> RowMapping | None:
    query = select(tables.notice_to).where(_to.destination == destination)
    return conn.execute(query).mappings().first()


def _object(destination: str) -> dict[str, str]:
    return {"kind": "destination", "id": destination}
