"""Which controller acts: a lease in the store with a fencing number that grows with every owner.

No wall clock decides. Its owner renews the lease, which changes its row; whoever stands by takes
over once the row has stayed as it is for the lease's length on a steady clock of its own. So clocks
that disagree, or jump, neither end a lease early nor keep a dead controller's alive.

A controller that was paused past its lease finds another fence in the store and writes nothing:
each of its transactions starts with `require`. After M. Kleppmann, "How to do distributed locking"
(2016): a lock that can expire needs a fencing token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from cutover.tables import lease
from mirror.journal.store import insert_new

NAME = "controller"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act, and the fence that proves it.

    `until_us` is told by the owner's wall clock: different after each renewal, 0 once given back.
    """

    owner: str
    fence: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Another's lease as it was first seen so, in microseconds of the steady clock of who stands by."""

    lease: Lease
    since_us: int


class LeaseLost(RuntimeError):
    """Another controller acts now; whatever this one was about to write must not happen."""

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"another controller acts ({owner or 'nobody yet'}); this one stands by"
        )
        self.owner = owner


def acquire(
    conn: Connection,
    mine: Lease,
    seen: Seen | None,
    steady_us: Callable[[], int],
    ttl_us: int,
    in_force: int = 0,
) -> Lease | Seen:
    """Takes or renews the lease; what was seen of another's where that may still be good.

    `mine` says who asks and until when, as the wall clock tells it; its fence does not matter.
    `seen` is what the call before returned. `in_force` is a fence that the store may have forgotten,
    because it was put back from a copy: the fence of who takes the lease is above it too.
    """
    insert_new(conn, lease, {"name": NAME, "owner": "", "fence": 0, "until_us": 0})
    held = current(conn)
    assert held is not None, "the row was just made where it was missing"
    read_us = (
        steady_us()
    )  # after the read: a wait for the store's lock is no silence of the owner
    if held.owner != mine.owner and held.until_us:
        now = seen if seen is not None and seen.lease == held else Seen(held, read_us)
        if read_us - now.since_us < ttl_us:
            return now
    goes_on = held.owner == mine.owner and held.fence >= in_force
    fence = held.fence if goes_on else max(held.fence, in_force) + 1
    until_us = mine.until_us if mine.until_us != held.until_us else mine.until_us + 1
    # The condition makes a race of two takers on PostgreSQL end with one winner.
    taken = conn.execute(
        update(lease)
        .where(lease.c.name == NAME, lease.c.fence == held.fence, lease.c.owner == held.owner)
        .where(lease.c.until_us == held.until_us)
        .values(owner=mine.owner, fence=fence, until_us=until_us)
    )
    return Lease(mine.owner, fence, until_us) if taken.rowcount else Seen(held, read_us)


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
    """The lease as the store has it, good or not."""
    row = conn.execute(select(lease).where(lease.c.name == NAME)).first()
    return Lease(row.owner, row.fence, row.until_us) if row else None
