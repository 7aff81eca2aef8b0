"""A log of the store, as exports read it: a few rows at a time, in transactions that end at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from cutover.exports.source import Hourly, Signed, VerifyingKey
from mirror.journal.signed import digests, heads
from mirror.journal.signed.heads import Head
from mirror.journal.signed.merkle import Subtree
from mirror.journal.store import Store
from mirror.journal.tables import event

BATCH = 2000
_event = event.c


@dataclass(frozen=True, slots=True)
class StoredLog:
    """One tenant's log in a store. Made by `open_log`. Everything raises StoreError."""

    store: Store
    tenant: str
    deployment: str

    def span(self, from_us: int, to_us: int) -> tuple[int, int]:
        """The first event at or after a moment, and the last before another; (n + 1, n) where there is none."""
        mine = _event.tenant == self.tenant
        with self.store.read() as conn:
            first = conn.scalar(
                select(func.min(_event.seq)).where(mine, _event.at_us >= from_us)
            )
            last = conn.scalar(select(func.max(_event.seq)).where(mine, _event.at_us < to_us))
            newest = conn.scalar(select(func.max(_event.seq)).where(mine)) or 0
        if first is None or last is None or first > last:
            begins = first or newest + 1
            return begins, begins - 1
        return first, last

    def bodies(self, first: int, last: int) -> Iterator[str]:
        """The events of these numbers, in order, as far as they are there."""
        after = first - 1
        query = select(_event.seq, _event.body).where(_event.tenant == self.tenant)
        while after < last:
            piece = query.where(_event.seq > after, _event.seq <= min(last, after + BATCH))
            with self.store.read() as conn:
                rows = conn.execute(piece.order_by(_event.seq)).all()
            if not rows:
                return
            yield from [row.body for row in rows]
            after = rows[-1].seq

    def earlier(self, types: Sequence[str], before: int) -> Iterator[str]:
        """The events of these types with a number below `before`, in order."""
        query = select(_event.seq, _event.body).where(
            _event.tenant == self.tenant, _event.type.in_(types), _event.seq < before
        )
        after = 0
        while True:
            piece = query.where(_event.seq > after).order_by(_event.seq).limit(BATCH)
            with self.store.read() as conn:
                rows = conn.execute(piece).all()
            if not rows:
                return
            yield from [row.body for row in rows]
            after = rows[-1].seq

    def subtree(self) -> Subtree:
        """Reads the log's complete subtrees, each in a transaction of its own."""

        def read(level: int, index: int) -> bytes:
            with self.store.read() as conn:
                return heads.subtrees(conn, self.tenant)(level, index)

        return read

    def covering(self, size: int) -> Signed | None:
        """The first checkpoint of at least that size."""
        with self.store.read() as conn:
            found = heads.covering(conn, self.tenant, size)
        return _signed(found) if found else None

    def checkpoints(self, above: int, up_to: int) -> Iterator[Signed]:
        """The checkpoints with above < size <= up_to, in order."""
        while True:
            with self.store.read() as conn:
                found = heads.checkpoints(conn, self.tenant, above, up_to, BATCH)
            if not found:
                return
            yield from [_signed(one) for one in found]
            above = found[-1].size

    def before(self, size: int) -> Signed | None:
        """The last checkpoint of at most that size."""
        with self.store.read() as conn:
            at = heads.last_up_to(conn, self.tenant, size)
        return _signed(at) if at else None

    def digests(self, since_us: int, until_us: int) -> Iterator[Hourly]:
        """The digests of the hours that begin in a span, in order."""
        while True:
            with self.store.read() as conn:
                found = digests.kept(conn, self.tenant, since_us, until_us, BATCH)
            if not found:
                return
            yield from [Hourly(one.period_us, one.body, one.note) for one in found]
            since_us = found[-1].period_us + 1

    def public_keys(self) -> list[VerifyingKey]:
        """All keys that ever signed, the oldest first."""
        with self.store.read() as conn:
            found = heads.keys(conn)
        return [
            VerifyingKey(
                one.key_id,
                one.name,
                one.public,
                one.since_us,
                one.until_us,
                one.revoked_us,
                one.statement,
            )
            for one in found
        ]


def open_log(store: Store, tenant: str) -> StoredLog:
    """A tenant's log; its deployment is "" where nothing was ever signed. Raises StoreError."""
    with store.read() as conn:
        return StoredLog(store, tenant, heads.deployment(conn))


def _signed(head: Head) -> Signed:
    return Signed(head.size, head.root, head.at_us, head.note)
