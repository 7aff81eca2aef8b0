"""The event log: append-only, one sequence a tenant, canonical JSON, hash-linked.

An event is appended in the transaction of the state it reports. Its body is JSON after RFC 8785 and
its leaf hash SHA-256(0x00 || body) after RFC 6962 section 2.1, so that a Merkle tree can be grown
over the same rows later; `prev` is the leaf before it, 64 zeros for a tenant's first.
Bodies hold ids, numbers and hashes: never a payload, a key or a token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import rfc8785
from sqlalchemy import Connection, bindparam, func, insert, select

from mirror.journal import tables

VERSION = 1
FIRST_PREV = "0" * 64
_SCOPE = 0x6576656E  # "even": the PostgreSQL advisory lock of the log

_INSERT = insert(tables.event)
# One lock for all tenants: whoever writes for several in one transaction, each in another order,
# would else wait for one another in a circle.
_LOCK = select(func.pg_advisory_xact_lock(_SCOPE))
_LAST = (
    select(tables.event.c.seq, tables.event.c.leaf)
    .where(tables.event.c.tenant == bindparam("of"))
    .order_by(tables.event.c.seq.desc())
    .limit(1)
)

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
    seq, prev = _last(conn, tenant)
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
    row = Event(tenant, seq + 1, at_us, type, body, leaf_hash(body), prev)
    conn.execute(_INSERT, asdict(row))
    return row.seq


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
    _refuse_floats(value)
    try:
        return rfc8785.dumps(value).decode()
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise EventInvalid(f"an event with no canonical form: {error}") from error


def leaf_hash(body: str) -> str:
    """RFC 6962's leaf hash of a body, in hex."""
    return hashlib.sha256(b"\0" + body.encode()).hexdigest()


def _refuse_floats(value: Value) -> None:
    match value:
        case float():
            raise EventInvalid(f"an event holds the float {value}; pass it as a string")
        case str():
            return
        case Mapping():
            for item in value.values():
                _refuse_floats(item)
        case Sequence():
            for item in value:
                _refuse_floats(item)


def _last(conn: Connection, tenant: str) -> tuple[int, str]:
    """The tenant's newest sequence number and leaf, with the log locked until the transaction's end."""
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)
    row = conn.execute(_LAST, {"of": tenant}).first()
    return (row.seq, row.leaf) if row else (0, FIRST_PREV)
