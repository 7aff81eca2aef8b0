"""Requests that come to the store after the key of their month was destroyed: kept without their words.

A drainer that is more than a day behind at the end of a month brings them. The month gets no other key, for what was
destroyed would have one again; the rows, what they count for and their commitments stay, and an event says so of each.
"""

from __future__ import annotations

from sqlalchemy import Connection

from mirror.exchange import Accept, Outcome
from mirror.journal import events, payloads, tables
from mirror.journal.keys.ring import month_of
from mirror.journal.rows import accept_row
from mirror.journal.store import insert_new

UNREADABLE = "payload_unreadable"
"""Why what was to be compared is not: nobody can read what was asked."""
_WHY = "the key of its month was destroyed before its record came"


def record_accept(conn: Connection, accept: Accept, actor: dict[str, str], now_us: int) -> bool:
    """Stores such a request as one whose payloads were erased, and reports it. False where it was recorded before.

    One that was to be compared has failed. A long body is for who commits to delete, after the commit.
    """
    kept = payloads.late(accept)
    row = accept_row(accept) | {"headers": "{}", "body": kept.column}
    row |= {"commitment": kept.commitment, "purged_us": now_us}
    if accept.outcome is Outcome.PENDING:
        row |= {"outcome": Outcome.FAILED, "reason": UNREADABLE}
    if not insert_new(conn, tables.exchange, row):
        return False
    events.append(
        conn,
        tenant=accept.tenant,
        type="retention.overdue",
        actor=actor,
        object={"kind": "exchange", "id": accept.id},
        at_us=now_us,
        reason=_WHY,
        details={
            "class": "payload",
            "month": month_of(accept.accepted_us),
            "accepted_us": accept.accepted_us,
            "request_commitment": kept.commitment,
            **({"subject": accept.subject} if accept.subject else {}),
        },
    )
    return True
