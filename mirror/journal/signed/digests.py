"""Hourly digests: what a log did in one UTC hour, signed also where that is nothing, each bound to the one before.

A digest's events go on where those of the digest before ended, up to the first one that was written in a
later hour. So every event is in one digest; what is told late stands in a later one, whose `oldest_us` is then
before its hour. `size` and `root` are the log's behind its last event. The first digest begins with event 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, func, select

from mirror.journal import events
from mirror.journal.events import canonical
from mirror.journal.signed import heads, tables
from mirror.journal.signed.extending import Refused
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.merkle import consistency_path, range_of, verify_consistency
from mirror.journal.signed.note import NoteInvalid, digest_text, parse
from mirror.journal.store import insert_new
from mirror.journal.tables import event

HOUR_US = 3_600_000_000
GRACE_US = 20_000_000
"""How long after its end an hour's digest waits for what comes a little late."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One signed digest as the store keeps it: `body` is canonical JSON, `note` the signed note over it."""

    tenant: str
    period_us: int
    body: str
    note: str

    @property
    def sha256(self) -> str:
        """The hash of its body, in hex."""
        return hashlib.sha256(self.body.encode()).hexdigest()


def hour_of(at_us: int) -> int:
    """The beginning of the UTC hour of a moment."""
    return at_us - at_us % HOUR_US


def is_due(signed: Signed, now_us: int) -> bool:
    """Whether the next digest of a log can be made: its hour is over, and what it covers is signed."""
    ready = signed.size >= max(signed.digested, 1) and not signed.refused and signed.hour_us > 0
    return ready and now_us >= signed.hour_us + HOUR_US + GRACE_US


def composed(
    conn: Connection, tenant: str, signed: Signed, origin: str, clock: Mapping[str, int]
) -> str:
    """The body of a log's next digest. `clock` has `now_us` and how far the clock has jumped, `jumped_us`.

    Raises:
        Refused: the store does not lead to what was signed.
    """
    first, last = signed.digested + 1, _last(conn, tenant, signed, clock["now_us"])
    return canonical(
        {
            "v": 1,
            "origin": origin,
            "period_start_us": signed.hour_us,
            "period_end_us": signed.hour_us + HOUR_US,
            "first_seq": first if last >= first else 0,
            "last_seq": last if last >= first else 0,
            **_counted(conn, tenant, first, last),
            "size": last,
            "root": _root(conn, tenant, signed, last),
            "previous_sha256": _sha256(signed.digest),
            "previous_signature": signature_of(signed.digest_note),
            "clock": dict(clock),
        }
    )


def text_of(body: str) -> str:
    """What is signed of a digest's body."""
    said = json.loads(body)
    return digest_text(said["origin"], said["period_start_us"], _sha256(body))


def signature_of(note: str) -> str:
    """The last line of a digest's note, which the next digest quotes; "" without one before."""
    try:
        return parse(note).signatures[-1].line().strip() if note else ""
    except NoteInvalid:
        return ""


def newest(tenant: str, signed: Signed) -> Digest:
    """The newest digest that a signer remembers of a log."""
    return Digest(tenant, signed.hour_us - HOUR_US, signed.digest, signed.digest_note)


def after(before: Signed, one: Digest) -> Signed:
    """What a signer remembers once it signed a digest."""
    covered = int(json.loads(one.body)["size"])
    hour_us = one.period_us + HOUR_US
    return replace(
        before, digest=one.body, digest_note=one.note, digested=covered, hour_us=hour_us
    )


def adopted(conn: Connection, tenant: str, signed: Signed) -> Signed:
    """What a signer remembers, with the newest digest of the store where that is newer: its folder is an older copy."""
    found = tables.log_digest.c
    query = select(tables.log_digest).where(found.tenant == tenant)
    row = conn.execute(query.order_by(found.period_us.desc()).limit(1)).first()
    if row is None or row.period_us < signed.hour_us:
        return signed
    return after(signed, Digest(**row._mapping))


def keep(conn: Connection, digest: Digest) -> bool:
    """Writes a digest; whether it was not there."""
    return insert_new(conn, tables.log_digest, asdict(digest))


def kept(
    conn: Connection, tenant: str, since_us: int = 0, until_us: int = 2**62, limit: int = 10_000
) -> list[Digest]:
    """The digests of hours that begin at since_us <= hour < until_us, in order, at most `limit`."""
    found = tables.log_digest.c
    query = (
        select(tables.log_digest)
        .where(found.tenant == tenant, found.period_us >= since_us, found.period_us < until_us)
        .order_by(found.period_us)
        .limit(limit)
    )
    return [Digest(**row._mapping) for row in conn.execute(query)]


def _last(conn: Connection, tenant: str, signed: Signed, now_us: int) -> int:
    """The last event before the first that was written in a later hour than this digest's.

    One of a time that has not come yet was written while the clock was wrong: nothing waits for it.
    """
    if signed.size == signed.digested:
        return signed.size
    later = select(func.min(event.c.seq)).where(
        event.c.tenant == tenant,
        event.c.seq > signed.digested,
        event.c.seq <= signed.size,
        event.c.at_us.between(signed.hour_us + HOUR_US, now_us),
    )
    found = conn.scalar(later)
    return signed.size if found is None else found - 1


def _counted(conn: Connection, tenant: str, first: int, last: int) -> dict[str, events.Value]:
    """How many events there are of each type, the times of the oldest and the newest, and gaps in the records."""
    if last < first:
        return {"counts": {}, "oldest_us": 0, "newest_us": 0, "gaps": []}
    inside = (event.c.tenant == tenant, event.c.seq.between(first, last))
    query = select(event.c.type, func.count(), func.min(event.c.at_us), func.max(event.c.at_us))
    rows = conn.execute(query.where(*inside).group_by(event.c.type)).all()
    gaps = select(event.c.seq).where(*inside, event.c.type == "audit.gap").order_by(event.c.seq)
    return {
        "counts": {type: count for type, count, _, _ in rows},
        "oldest_us": min((row[2] for row in rows), default=0),
        "newest_us": max((row[3] for row in rows), default=0),
        "gaps": list(conn.scalars(gaps)),
    }


def _root(conn: Connection, tenant: str, signed: Signed, size: int) -> str:
    """The root of the log's first `size` events, in hex, shown to lead to what was signed."""
    if (
        signed.digest and size == signed.digested
    ):  # an empty hour: thousands of logs have one every night
        return str(json.loads(signed.digest)["root"])
    subtrees = heads.subtrees(conn, tenant)
    try:
        root = range_of(size, subtrees).root()
        path = consistency_path(size, signed.size, subtrees)
    except LookupError as error:
        raise Refused(f"some of its first {signed.size:,} events are missing") from error
    if not verify_consistency(size, signed.size, root, signed.range().root(), path):
        raise Refused(f"its first {signed.size:,} events have another root than was signed")
    return root.hex()


def _sha256(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest() if body else ""


def jumped_us(began: tuple[int, float], now: tuple[int, float]) -> int:
    """How far the wall clock has moved beyond the time that passed; 0 for less than a second.

    Each is what the wall clock (microseconds) and a steady one (seconds) showed.
    """
    jumped = now[0] - began[0] - round((now[1] - began[1]) * 1e6)
    return jumped if abs(jumped) >= 1_000_000 else 0
