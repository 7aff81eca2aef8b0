"""The event log: append-only, one sequence a tenant, canonical JSON, hash-linked.

An event is appended in the transaction of the state it reports. Its body is JSON after RFC 8785 and
its leaf hash SHA-256(0x00 || body) after RFC 6962 section 2.1, so that a Merkle tree can be grown
over the same rows later; `prev` is the leaf before it, 64 zeros for a tenant's first.
Bodies hold ids, numbers and hashes: never a payload, a key or a token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

import rfc8785
from sqlalchemy import Connection, Dialect, bindparam, func, insert, select

from mirror.journal import tables

VERSION = 1
LARGEST = 2**53 - 1  # the largest integer of which every reader sees the same digits
FIRST_PREV = "0" * 64
_SCOPE = 0x6576656E  # "even": the PostgreSQL advisory lock of the log

_NEWEST = "crossfade_newest_events"
_WORDS: dict[str, str] = {}
_COLUMNS = tuple(tables.event.c.keys())
_of_row = attrgetter(*_COLUMNS)
# Sorted, without spaces and with nothing escaped that need not be: RFC 8785, where no number is a fraction
# and every name is of ASCII. Written in C, it takes a tenth of the time.
_dumps = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False
).encode
# One lock for all tenants: whoever writes for several in one transaction, each in another order,
# would else wait for one another in a circle.
_LOCK = select(func.pg_advisory_xact_lock(_SCOPE))
_LAST = (
    select(tables.event.c.seq, tables.event.c.leaf)
    .where(tables.event.c.tenant == bindparam("of"))
    .order_by(tables.event.c.seq.desc())
    .limit(1)
)

type _Known = tuple[object, dict[str, tuple[int, str]]]

type Value = str | int | bool | Sequence[Value] | Mapping[str, Value] | None
"""What an event may say. Fractions are passed as strings, so that every reader sees the same digits."""


class EventInvalid(Exception):
    """An event that has no canonical form: a float, an integer beyond 2^53, a broken string."""


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
    is {"kind", "id"}.

    Raises:
        EventInvalid: a value has no canonical form.
    """
    seq, prev = _newest(conn).get(tenant) or _last(conn, tenant)
    body = canonical(
        {
            "v": VERSION,
            "origin": tenant,
            "tenant": tenant,
            "seq": seq + 1,
            "at_us": at_us,
            "type": type,
            "actor": actor,
            "object": object,
            "outcome": outcome,
            "reason": reason,
            "details": details or {},
            "prev": prev,
        }
    )
    return _written(conn, Event(tenant, seq + 1, at_us, type, body, leaf_hash(body), prev))


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


def canonical(value: Mapping[str, Value]) -> str:
    """JSON after RFC 8785. Raises `EventInvalid`."""
    try:
        if not _has_plain_names(value):
            return rfc8785.dumps(value).decode()
        text = _dumps(value)
        text.encode()
    except (rfc8785.CanonicalizationError, ValueError, TypeError) as error:
        raise EventInvalid(f"an event with no canonical form: {error}") from error
    return text


def leaf_hash(body: str) -> str:
    """RFC 6962's leaf hash of a body, in hex."""
    return hashlib.sha256(b"\0" + body.encode()).hexdigest()


def _has_plain_names(value: Value) -> bool:
    """Whether all names are of ASCII: those the standard library sorts as RFC 8785 does (section 3.2.3).

    Said for every event, so what most values are is known by their type alone, and no function is called for it.
    Raises `EventInvalid` for a float and for an integer that not every reader can hold.
    """
    plain, holding = True, [value]
    for group in holding:  # which grows by what is found in it
        items = cast("Iterable[Value]", group)
        if isinstance(group, dict):
            plain, items = plain and "".join(group).isascii(), group.values()
        for one in items:
            kind = type(one)
            if kind is str or kind is bool or one is None:
                continue
            if kind is dict or kind is list:
                holding.append(one)
            elif kind is int and isinstance(one, int):
                if not -LARGEST <= one <= LARGEST:
                    raise EventInvalid(f"an event holds the integer {one}; pass it as a string")
            else:
                holding.append(_plainly(one))
    return plain


def _plainly(value: Value) -> Value:
    """A value of a rarer kind, as what holds it. Raises `EventInvalid` for a float."""
    match value:
        case float():
            raise EventInvalid(f"an event holds the float {value}; pass it as a string")
        case int():
            return [int(value)]
        case str():
            return []
        case Mapping():
            return dict(value)
        case _:
            return list(value or ())


def _newest(conn: Connection) -> dict[str, tuple[int, str]]:
    """What this transaction itself wrote last of each tenant; nobody else writes until it ends.

    It is forgotten with the transaction, and at once where a part of it may be undone alone.
    """
    transaction = None if conn.in_nested_transaction() else conn.get_transaction()
    known: _Known = conn.info.get(_NEWEST, (None, {}))
    if transaction is None or known[0] is not transaction:
        known = conn.info[_NEWEST] = transaction, {}
    return known[1]


def _written(conn: Connection, row: Event) -> int:
    dialect = conn.dialect
    words = _WORDS.get(dialect.name) or _WORDS.setdefault(dialect.name, _words(dialect))
    values: tuple[str | int, ...] = _of_row(row)
    if dialect.name == "sqlite":  # straight to the driver: that is said in half the time
        raw: Any = conn.connection.dbapi_connection
        raw.execute(words, values)
    else:
        named = dict(zip(_COLUMNS, values, strict=True))
        conn.exec_driver_sql(words, values if dialect.positional else named)
    _newest(conn)[row.tenant] = row.seq, row.leaf
    return row.seq


def _words(dialect: Dialect) -> str:
    """The insertion as a driver takes it: it is said for every request, and made once."""
    return str(insert(tables.event).compile(dialect=dialect))


def _last(conn: Connection, tenant: str) -> tuple[int, str]:
    """The tenant's newest sequence number and leaf, with the log locked until the transaction's end."""
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)
    row = conn.execute(_LAST, {"of": tenant}).first()
    return (row.seq, row.leaf) if row else (0, FIRST_PREV)
