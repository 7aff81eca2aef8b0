"""A store that was put back from a copy knows less than the proxies obey: told when a controller takes the lease.

The fence in the version of the table in force tells it: a fence is in the store before any table has it.
What follows is done once (`cutover.reconcile`), and until then nothing is published.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from mirror.journal import events
from mirror.journal.tables import event

FOUND, SETTLED = "store.put_back", "store.reconciled"
_ACTOR = {"kind": "service", "name": "controller"}


def note(conn: Connection, known: int, in_force: int, at_us: int) -> None:
    """Appends that the store knows a fence that is older than that of the table in force."""
    events.append(
        conn,
        tenant="",
        type=FOUND,
        actor=_ACTOR,
        object={"kind": "store", "id": "the store"},
        at_us=at_us,
        reason="the store is older than the route table that the proxies obey",
        details={"fence": known, "fence_in_force": in_force},
    )


def settle(conn: Connection, rolled_back: list[str], kept_on: list[str], at_us: int) -> None:
    """Appends what was done of it: what was rolled back, and what was switched on again."""
    events.append(
        conn,
        tenant="",
        type=SETTLED,
        actor=_ACTOR,
        object={"kind": "store", "id": "the store"},
        at_us=at_us,
        reason="where the table in force gave the candidate less, less it is",
        details={"rolled_back": sorted(rolled_back), "switched_on": sorted(kept_on)},
    )


def pending(conn: Connection) -> bool:
    """Whether a store that was put back is still to be reconciled with the table in force."""
    last = (
        select(event.c.type)
        .where(event.c.tenant == "", event.c.type.in_((FOUND, SETTLED)))
        .order_by(event.c.seq.desc())
        .limit(1)
    )
    return conn.execute(last).scalar() == FOUND
