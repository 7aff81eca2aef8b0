"""Which controller acts: a lease in the store with a fencing number that grows with every owner.

A controller that was paused past its lease finds another fence in the store and writes nothing:
each of its transactions starts with `require`. After M. Kleppmann, "How to do distributed locking"
(2016): a lock that can expire needs a fencing token.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from cutover.tables import lease
from mirror.journal.store import insert_new

NAME = "controller"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act until a time, and the fence that proves it."""

    owner: str
    fence: int
    until_us: int


class LeaseLost(RuntimeError):
    """Another controller acts now; whatever this one was about to write must not happen."""

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"another controller acts ({owner or 'nobody yet'}); this one stands by"
        )
        self.owner = owner


def acquire(conn: Connection, owner: str, now_us: int, ttl_us: int) -> Lease | None:
    """Takes or renews the lease for `ttl_us`; None while another owner's has not ended."""
    insert_new(conn, lease, {"name": NAME, "owner": "", "fence": 0, "until_us": 0})
    held = current(conn)
    if held is None or (held.owner != owner and held.until_us > now_us):
        return None
    fence = held.fence if held.owner == owner else held.fence + 1
    # The condition makes a race of two takers on PostgreSQL end with one winner.
    taken = conn.execute(
        update(lease)
        .where(lease.c.name == NAME, lease.c.fence == held.fence, lease.c.owner == held.owner)
        .values(owner=owner, fence=fence, until_us=now_us + ttl_us)
    )
    return Lease(owner, fence, now_us + ttl_us) if taken.rowcount else None


def require(conn: Connection, mine: Lease) -> None:
    """Raises LeaseLost where the store knows another fence; locks the row until the commit."""
    row = conn.execute(
        select(lease.c.owner, lease.c.fence).where(lease.c.name == NAME).with_for_update()
    ).first()
    if row is None or (row.owner, row.fence) != (mine.owner, mine.fence):
        raise LeaseLost(row.owner if row else "")


def release(conn: Connection, mine: Lease) -> None:
    """Ends the lease at once, so that a standby need not wait. Another's lease stays as it is."""
    conn.execute(
        update(lease)
        .where(lease.c.name == NAME, lease.c.owner == mine.owner, lease.c.fence == mine.fence)
        .values(until_us=0)
    )


def current(conn: Connection) -> Lease | None:
    """The lease as the store has it, ended or not."""
    row = conn.execute(select(lease).where(lease.c.name == NAME)).first()
    return Lease(row.owner, row.fence, row.until_us) if row else None
