"""What the store keeps of the signed log: reading and writing checkpoints, subtrees, keys and refusals.

Nothing here decides; `tenant` "" is the deployment's own log, sizes count events, times are UTC microseconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, select, text, update

from mirror.journal.signed import tables
from mirror.journal.signed.growing import Complete, reader
from mirror.journal.signed.merkle import Subtree
from mirror.journal.store import insert_all_new, insert_new
from mirror.journal.tables import event

_event, _head, _kept = event.c, tables.log_checkpoint.c, tables.log_subtree.c

# One step an index takes for each log, so that a pass reads no log: PostgreSQL and SQLite both.
_STATE = """
WITH RECURSIVE log(tenant) AS (
  SELECT min(tenant) FROM event
  UNION ALL
  SELECT (SELECT min(e.tenant) FROM event e WHERE e.tenant > log.tenant) FROM log
  WHERE log.tenant IS NOT NULL),
state(tenant, newest, signed) AS (
  SELECT tenant, (SELECT max(e.seq) FROM event e WHERE e.tenant = log.tenant),
    coalesce((SELECT max(c.size) FROM log_checkpoint c WHERE c.tenant = log.tenant), 0)
  FROM log WHERE tenant IS NOT NULL)
"""
_LOGS = f"{_STATE} SELECT tenant, newest, signed FROM state"  # noqa: S608 our own words alone
# When the first event that waits was, and when the checkpoint before it was signed.
_WAITING = f"""{_STATE}
SELECT (SELECT e.at_us FROM event e WHERE e.tenant = state.tenant AND e.seq = state.signed + 1),
  (SELECT c.at_us FROM log_checkpoint c WHERE c.tenant = state.tenant AND c.size = state.signed)
FROM state WHERE newest > signed AND tenant NOT IN (SELECT r.tenant FROM log_refusal r)
"""  # noqa: S608 our own words alone


@dataclass(frozen=True, slots=True)
class Head:
    """One signed checkpoint. `root` is hex, `note` the whole signed note."""

    tenant: str
    size: int
    root: str
    at_us: int
    note: str


@dataclass(frozen=True, slots=True)
class Grown:
    """How far a log has come, and up to where it is signed: 0 for never."""

    tenant: str
    newest: int
    signed: int


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the signer. `public` is hex; `until_us` 0 is the one that signs now, `revoked_us` 0 never."""

    key_id: str
    name: str
    public: str
    since_us: int
    until_us: int = 0
    revoked_us: int = 0
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A log that is signed no further than `size`, and why."""

    tenant: str
    since_us: int
    size: int
    why: str


def deployment(conn: Connection) -> str:
    """The deployment's id: 16 hex digits; "" in a store where nothing was ever signed."""
    return conn.scalar(select(tables.deployment_id.c.id)) or ""


def identify(conn: Connection, known: str = "") -> str:
    """The deployment's id, drawn where there is none yet; `known` is what a signer's folder has of it."""
    drawn = known or secrets.token_hex(8)
    insert_new(conn, tables.deployment_id, {"one": 1, "id": drawn})
    return deployment(conn)


def logs(conn: Connection) -> list[Grown]:
    """Every log that has events, by two steps of an index each; a log that is gone is not among them."""
    return [
        Grown(tenant, newest, signed) for tenant, newest, signed in conn.execute(text(_LOGS))
    ]


def gone(conn: Connection) -> list[str]:
    """Tenants whose log was signed once, and has no event any more."""
    signed = select(_head.tenant).distinct()
    there = select(1).where(_event.tenant == _head.tenant).exists()
    return list(conn.scalars(signed.where(~there).order_by(_head.tenant)))


def newest(conn: Connection, tenant: str) -> Head | None:
    """The newest checkpoint of a log."""
    return _one(
        conn,
        tenant,
        select(func.max(_head.size)).where(_head.tenant == tenant).scalar_subquery(),
    )


def at_size(conn: Connection, tenant: str, size: int) -> Head | None:
    """The checkpoint of exactly that size."""
    return _one(conn, tenant, size)


def covering(conn: Connection, tenant: str, seq: int) -> Head | None:
    """The first checkpoint that covers an event."""
    least = select(func.min(_head.size)).where(_head.tenant == tenant, _head.size >= seq)
    return _one(conn, tenant, least.scalar_subquery())


def last_up_to(conn: Connection, tenant: str, size: int) -> Head | None:
    """The newest checkpoint of at most that size."""
    most = select(func.max(_head.size)).where(_head.tenant == tenant, _head.size <= size)
    return _one(conn, tenant, most.scalar_subquery())


def checkpoints(
    conn: Connection, tenant: str, above: int = 0, up_to: int = 2**53, limit: int = 10_000
) -> list[Head]:
    """Checkpoints with above < size <= up_to, in order, at most `limit`."""
    query = (
        select(tables.log_checkpoint)
        .where(_head.tenant == tenant, _head.size > above, _head.size <= up_to)
        .order_by(_head.size)
        .limit(limit)
    )
    return [Head(**row._mapping) for row in conn.execute(query)]


def keep(conn: Connection, heads: Sequence[Head]) -> None:
    """Writes checkpoints; one of a size that is there already stays as it is."""
    if heads:
        insert_all_new(conn, tables.log_checkpoint, [asdict(head) for head in heads])


def keep_subtrees(conn: Connection, tenant: str, complete: Sequence[Complete]) -> None:
    """Writes complete subtrees, in place of what may stand there of a pass that came to no end."""
    for level in {one.level for one in complete}:
        indices = [one.index for one in complete if one.level == level]
        conn.execute(
            delete(tables.log_subtree).where(
                _kept.tenant == tenant,
                _kept.level == level,
                _kept.index.between(min(indices), max(indices)),
            )
        )
    rows = [
        {"tenant": tenant, "level": one.level, "index": one.index, "hash": one.hash.hex()}
        for one in complete
    ]
    if rows:
        insert_all_new(conn, tables.log_subtree, rows)


def subtrees(conn: Connection, tenant: str) -> Subtree:
    """Reads complete subtrees of a log, as proofs are made of; valid as long as the connection."""

    def rows(level: int, first: int, count: int) -> list[bytes]:
        return (
            _leaves(conn, tenant, first, count)
            if level == 0
            else _subtrees(conn, tenant, level, first, count)
        )

    return reader(rows)


def kept_subtree(conn: Connection, tenant: str, level: int, index: int) -> str | None:
    """The hash that is kept of one complete subtree, in hex; None where none is."""
    found = _subtrees(conn, tenant, level, index, 1)
    return found[0].hex() if found else None


def bodies(
    conn: Connection, tenant: str, after: int, up_to: int
) -> Iterable[tuple[int, str, str, str]]:
    """The events after < seq <= up_to as (seq, body, leaf, prev), in order, a few at a time."""
    query = (
        select(_event.seq, _event.body, _event.leaf, _event.prev)
        .where(_event.tenant == tenant, _event.seq > after, _event.seq <= up_to)
        .order_by(_event.seq)
    )
    for row in conn.execute(query, execution_options={"yield_per": 1000}):
        yield row.seq, row.body, row.leaf, row.prev


def keys(conn: Connection) -> list[Key]:
    """All keys, the oldest first."""
    query = select(tables.signing_key).order_by(
        tables.signing_key.c.since_us, tables.signing_key.c.key_id
    )
    return [Key(**row._mapping) for row in conn.execute(query)]


def add_key(conn: Connection, key: Key) -> bool:
    """Writes a key; whether it was not there."""
    return insert_new(conn, tables.signing_key, asdict(key))


def end_key(conn: Connection, key_id: str, until_us: int, *, revoked_us: int = 0) -> None:
    """A key that signs no more from then on."""
    of = tables.signing_key.c.key_id == key_id
    conn.execute(
        update(tables.signing_key).where(of).values(until_us=until_us, revoked_us=revoked_us)
    )


def refusals(conn: Connection) -> list[Refusal]:
    """The logs that are signed no further."""
    query = select(tables.log_refusal).order_by(tables.log_refusal.c.tenant)
    return [Refusal(**row._mapping) for row in conn.execute(query)]


def refuse(conn: Connection, refusal: Refusal) -> bool:
    """Writes that a log is signed no further; whether that is new."""
    return insert_new(conn, tables.log_refusal, asdict(refusal))


def resume(conn: Connection, tenant: str) -> bool:
    """Takes a refusal back; whether there was one."""
    found = conn.execute(
        delete(tables.log_refusal).where(tables.log_refusal.c.tenant == tenant)
    )
    return bool(found.rowcount)


def waiting_since_us(conn: Connection) -> int:
    """Since when the log that waits longest for its next checkpoint has waited, by its events' times; 0 for none.

    Not before the log's last checkpoint: events may be told late of what happened long before. Logs that are
    refused do not wait.
    """
    found = conn.execute(text(_WAITING))
    return min((max(first or 0, signed or 0) for first, signed in found), default=0)


def _one(conn: Connection, tenant: str, size: object) -> Head | None:
    query = select(tables.log_checkpoint).where(_head.tenant == tenant, _head.size == size)
    row = conn.execute(query).first()
    return Head(**row._mapping) if row else None


def _leaves(conn: Connection, tenant: str, first: int, count: int) -> list[bytes]:
    query = (
        select(_event.leaf)
        .where(_event.tenant == tenant, _event.seq > first, _event.seq <= first + count)
        .order_by(_event.seq)
    )
    return [bytes.fromhex(leaf) for leaf in conn.scalars(query)]


def _subtrees(conn: Connection, tenant: str, level: int, first: int, count: int) -> list[bytes]:
    query = (
        select(_kept.hash)
        .where(
            _kept.tenant == tenant,
            _kept.level == level,
            _kept.index >= first,
            _kept.index < first + count,
        )
        .order_by(_kept.index)
    )
    return [bytes.fromhex(one) for one in conn.scalars(query)]
