"""Erasing payloads: their bytes go, their rows and commitments stay, and what was signed still verifies.

Files are named on disk before the transaction that says so, and deleted after it: who is killed in between leaves no row
whose file is gone, and the next run ends what was begun (`going`). A store that is a file has freed pages overwritten with zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from compare import ledger
from cutover.people import Deed
from cutover.retention import due
from cutover.retention.going import Going, announced
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


def destroy_months(conn: Connection, tenant: str, before_us: int, deed: Deed) -> list[int]:
    """Destroys the tenant's keys of months that ended a day before a time, of which nothing is kept; those months.

    Where payloads of a month are kept its key stays. Copies of the store that are wrapped with another key of the tenant
    need that one destroyed too: see docs/payloads.md.
    """
    key = payload_key.c
    of = (key.tenant == tenant, key.month < month_of(before_us - GRACE_US))
    query = select(key.id, key.month).where(*of, key.destroyed_us.is_(None)).order_by(key.month)
    ended = conn.execute(query.with_for_update()).all()  # with who seals with them just now
    first_us = due.first_kept_us(conn, tenant) if ended else None
    of_none = [one for one in ended if first_us is None or one.month < month_of(first_us)]
    if of_none:
        gone = update(payload_key).where(key.id.in_([one.id for one in of_none]))
        conn.execute(gone.values(wrapped=b"", destroyed_us=deed.at_us))
    return sorted({one.month for one in of_none})
