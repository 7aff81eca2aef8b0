"""The event log: append-only, one sequence a tenant, canonical JSON, hash-linked.

An event is appended in the transaction of the state it reports. Its body is JSON after RFC 8785 and
its leaf hash SHA-256(0x00 || body) after RFC 6962 section 2.1, so that a Merkle tree can be grown
over the same rows later; `prev` is the leaf before it, 64 zeros for a tenant's first.
Bodies hold ids, numbers and hashes: never a payload, a key or a token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Dialect, Transaction, bindparam, func, insert, select

from mirror.journal import tables
from mirror.journal.canonical import LARGEST, EventInvalid, Value, canonical

__all__ = [
    "LARGEST",
    "Event",
    "EventInvalid",
    "Value",
    "append",
    "canonical",
    "changed",
    "leaf_hash",
    "read",
    "together",
]

VERSION = 1
FIRST_PREV = "0" * 64
_SCOPE = 0x6576656E  # "even": the PostgreSQL advisory lock of the log

_NEWEST = "crossfade_newest_events"
_WORDS: dict[str, str] = {}
_COLUMNS = tuple(tables.event.c.keys())
# One lock for all tenants: whoever writes for several in one transaction, each in another order,
# would else wait for one another in a circle.
_LOCK = select(func.pg_advisory_xact_lock(_SCOPE))
_LAST = (
    select(tables.event.c.seq, tables.event.c.leaf)
    .where(tables.event.c.tenant == bindparam("of"))
    .order_by(tables.event.c.seq.desc())
    .limit(1)
)

type _Row = tuple[str, int, int, str, str, str, str]
"""An event's columns, in the order of its table."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log: `body` is canonical JSON, `leaf` and `prev` are hex SHA-256."""

    tenant: str
    seq: int
    at_us: int
    type: str
    body: str
    leaf: str
    prev: str


def append(  # noqa: PLR0913 - an event's fields, by keyword
    conn: Connection,
    *,
    tenant: str,
    type: str,
    actor: Mapping[str, str],
    object: Mapping[str, str],
    at_us: int,
    outcome: str = "ok",
    reason: str = "",
    details: Mapping[str, Value] | None = None,
) -> int:
    """Append one event in the caller's transaction and return its sequence number, from 1.

    `tenant` "" is the deployment itself; `actor` is {"kind": "human" | "service", "name"}; `object`
    is {"kind", "id"}. Raises `EventInvalid`: a value has no canonical form; RuntimeError as `together` says.
    """
    log = _log(conn)
    seq, prev = log.newest.get(tenant) or _last(conn, tenant)
    told: dict[str, Value] = {  # its names in order, as its text has them
        "actor": actor,
        "at_us": at_us,
        "details": details or {},
        "object": object,
        "origin": tenant,
        "outcome": outcome,
        "prev": prev,
        "reason": reason,
        "seq": seq + 1,
        "tenant": tenant,
        "type": type,
        "v": VERSION,
    }
    body = canonical(told)
    leaf = leaf_hash(body)
    log.add(conn, (tenant, seq + 1, at_us, type, body, leaf, prev))
    log.newest[tenant] = seq + 1, leaf
    return seq + 1


@contextmanager
def together(conn: Connection) -> Iterator[None]:
    """What is appended inside is written by one statement at its end: until then, this transaction does not read it.

    Who is thrown out of it must roll the transaction back. In a savepoint nothing is appended while something of before
    waits to be written: a savepoint that is undone would take that along, and the log would be whole without it.
    Raises RuntimeError there.
    """
    log = _log(conn)
    log.held = []
    yield
    log.write(conn)
    log.held = None


def changed(before: Value, after: Value) -> dict[str, Value]:
    """For an event's details: how it was, and how it is now; None for what was or is not there."""
    return {"before": before, "after": after}


def read(conn: Connection, tenant: str, after: int = 0, limit: int = 1000) -> list[Event]:
    """A tenant's events with a sequence number above `after`, in order, at most `limit`."""
    rows = conn.execute(
        select(tables.event)
        .where(tables.event.c.tenant == tenant, tables.event.c.seq > after)
        .order_by(tables.event.c.seq)
        .limit(limit)
    )
    return [Event(**row._mapping) for row in rows]


def leaf_hash(body: str) -> str:
    """RFC 6962's leaf hash of a body, in hex."""
    return hashlib.sha256(b"\0" + body.encode()).hexdigest()


@dataclass(slots=True)
class _Log:
    """What a transaction itself wrote last of each tenant, and what it has not written yet, where it writes together.

    Nobody else writes until it ends.
    """

    transaction: Transaction | None
    newest: dict[str, tuple[int, str]] = field(default_factory=dict)
    held: list[_Row] | None = None

    def add(self, conn: Connection, row: _Row) -> None:
        """Write a row, now or together with others."""
        if self.held is None:
            _write(conn, [row])
        else:
            self.held.append(row)

    def write(self, conn: Connection) -> None:
        """Write what is held. Raises RuntimeError in a savepoint: what is held is from before it."""
        if self.held:
            if conn.in_nested_transaction():
                raise RuntimeError(
                    "events from before a savepoint are not written yet, and would be undone with it: "
                    "begin the savepoint before or after `together`, not within"
                )
            _write(conn, self.held)
            self.held = []


def _log(conn: Connection) -> _Log:
    """That of this transaction: forgotten with it; what is known at once where a part of it may be undone alone."""
    transaction = conn.get_transaction()
    log: _Log | None = conn.info.get(_NEWEST)
    if log is None or transaction is None or log.transaction is not transaction:
        log = conn.info[_NEWEST] = _Log(transaction)
    if conn.in_nested_transaction():
        log.write(conn)  # refuses where there is anything
        log.newest.clear()
        return _Log(None)
    return log


def _write(conn: Connection, rows: Sequence[_Row]) -> None:
    dialect = conn.dialect
    words = _WORDS.get(dialect.name) or _WORDS.setdefault(dialect.name, _words(dialect))
    if dialect.name == "sqlite":  # straight to the driver: that is said in half the time
        raw: Any = conn.connection.dbapi_connection
        raw.executemany(words, rows)
    elif dialect.positional:
        conn.exec_driver_sql(words, list(rows))
    else:
        named = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        conn.exec_driver_sql(words, named)


def _words(dialect: Dialect) -> str:
    """The insertion as a driver takes it: it is said for every request, and made once."""
    return str(insert(tables.event).compile(dialect=dialect))


def _last(conn: Connection, tenant: str) -> tuple[int, str]:
    """The tenant's newest sequence number and leaf, with the log locked until the transaction's end."""
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)
    row = conn.execute(_LAST, {"of": tenant}).first()
    return (row.seq, row.leaf) if row else (0, FIRST_PREV)
