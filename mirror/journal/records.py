"""An accept and a reply as the store takes them: their rows with what is sealed, what is due by them, what is reported."""

from __future__ import annotations

from sqlalchemy import Connection

from mirror.exchange import Accept, Outcome, Reply
from mirror.journal import payloads, queue, reports, sightings
from mirror.journal.locked import Locked
from mirror.journal.queue import Kind
from mirror.journal.rows import Flat, accept_row, reply_row
from mirror.journal.seal import Sealer


def sealed_row(conn: Connection, accept: Accept, sealer: Sealer) -> Flat:
    """An accepted request as its table has it. Raises KeyDestroyed."""
    key = sealer.ring.accepting(conn, accept.tenant, accept.accepted_us)
    body = payloads.keep(accept, "request", sealer, key)
    row = accept_row(accept)
    row["body"], row["commitment"] = body.column, body.commitment
    row["headers"] = payloads.headers(accept.id, row["headers"], sealer, key)
    row["purged_us"] = None
    return row


def due(accept: Accept) -> list[dict[str, object]]:
    """What is to be done for it at once, as the table of work has it."""
    if accept.outcome is not Outcome.PENDING or accept.reason:
        return []
    kinds = (Kind.SHADOW, Kind.REASK) if accept.reask else (Kind.SHADOW,)
    return [queue.row(kind, accept.id, accept.accepted_us) for kind in kinds]


def answer_row(
    conn: Connection, found: Locked, reply: Reply, sealer: Sealer
) -> tuple[Flat, str]:
    """A reply as its table has it, and the commitment of its body."""
    if found.purged_us is None:
        kept = payloads.answer(conn, reply, sealer, (found.tenant, found.accepted_us))
    else:
        kept = payloads.late(reply)
    row = reply_row(reply)
    row["body"] = kept.column
    return row, kept.commitment


def report(conn: Connection, found: Locked, reply: Reply, commitment: str) -> None:
    """The event of a reply, and what it shows of another's answer."""
    where = (found.tenant, found.route, found.stage, found.epoch, found.subject)
    reports.replied(conn, reports.Standing(*where, asked=found.commitment), reply, commitment)
    sightings.note(conn, found.tenant, found.route, reply)
