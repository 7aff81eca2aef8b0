"""Erasing payloads: their bytes go, their rows and commitments stay, and what was signed still verifies.

Files are named on disk before the transaction that says so, and deleted after it: who is killed in between leaves no row
whose file is gone, and the next run ends what was begun (`going`). A store that is a file has freed pages overwritten with zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from compare import ledger
from cutover.people import Deed
from cutover.retention import due, holds
from cutover.retention.going import Going, announced
from cutover.retention.holds import Hold
from mirror.journal import tables
from mirror.journal.keys.ring import month_of
from mirror.journal.keys.tables import payload_key
from mirror.journal.seal import ERASED, Sealer

BATCH = 200
GRACE_US = 86_400_000_000
"""A month's key is left for so long after its end: spools still hold records of its last minutes."""


def erase(conn: Connection, sealer: Sealer, ids: Sequence[str], now_us: int) -> Going:
    """Erases what was said in these exchanges, in the caller's transaction; files, for the caller to delete after it.

    Raises OSError, and nothing is said then.
    """
    exchange, reply = tables.exchange, tables.reply
    going = announced(conn, sealer, ids)
    conn.execute(
        update(exchange)
        .where(exchange.c.id.in_(ids))
        .values(body=ERASED, headers="{}", purged_us=now_us)
    )
    conn.execute(update(reply).where(reply.c.exchange_id.in_(ids)).values(body=ERASED))
    said = ledger.comparisons
    conn.execute(update(said).where(said.c.exchange_id.in_(ids)).values(evidence=ERASED))
    return going


def ended_months(
    conn: Connection, tenant: str, before_us: int, *, lock: bool = False
) -> dict[str, int]:
    """The keys of the tenant's months that ended a day before a time, of which nothing is kept; the month of each.

    A month into which a legal hold reaches that names no single exchange keeps its key: a drainer that is far behind may still bring
    what is held. `lock`: nobody seals with them until the end of the transaction.
    """
    key = payload_key.c
    of = (key.tenant == tenant, key.month < month_of(before_us - GRACE_US))
    query = select(key.id, key.month).where(*of, key.destroyed_us.is_(None)).order_by(key.month)
    ended = conn.execute(query.with_for_update() if lock else query).all()
    if not ended:
        return {}
    first_us = due.first_kept_us(conn, tenant)
    held = [one for one in holds.standing(conn, tenant) if not one.exchange_id]
    return {
        id: month
        for id, month in ended
        if (first_us is None or month < month_of(first_us))
        and not any(_reaches_into(one, month) for one in held)
    }


def destroy_months(conn: Connection, tenant: str, before_us: int, deed: Deed) -> list[int]:
    """Destroys the keys of `ended_months`; those months.

    Where payloads of a month are kept its key stays. Copies of the store that are wrapped with another key of the tenant
    need that one destroyed too: see docs/payloads.md.
    """
    ended = ended_months(conn, tenant, before_us, lock=True)
    if ended:
        gone = update(payload_key).where(payload_key.c.id.in_(ended))
        conn.execute(gone.values(wrapped=b"", destroyed_us=deed.at_us))
    return sorted(set(ended.values()))


def _reaches_into(hold: Hold, month: int) -> bool:
    last = month_of(hold.until_us - 1) if hold.until_us else month
    return month_of(hold.from_us) <= month <= last
