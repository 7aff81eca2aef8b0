"""The egress record in the store: events of what left for the cloud, and what has no end yet.

Every function works in the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, delete, select

from mirror.egress_record import KILLED, Done, Intent, Purpose
from mirror.journal import events, straight, tables
from mirror.journal.store import insert_together

_open = tables.egress_open.c
_CLOSE = delete(tables.egress_open).where(_open.id == bindparam("of"))
_ACTORS = {
    Purpose.SERVED: "proxy",
    Purpose.PASSED: "proxy",
    Purpose.SHADOW: "shadow",
    Purpose.REASK: "shadow",
    Purpose.PROBE: "preflight",
}


def take(conn: Connection, spool: str, entries: Iterable[Intent | Done]) -> None:
    """Store entries of one spool folder in their order; an intent is kept until its end is told."""
    left: dict[str, Intent] = {}
    closed: list[str] = []
    for entry in entries:
        match entry:
            case Intent() as intent:
                left[intent.id] = intent
                if intent.before:
                    _event(conn, "egress.intent", intent, intent.at_us)
            case Done() as done:
                if left.pop(done.intent.id, None) is None:
                    closed.append(done.intent.id)
                _ended(conn, done)
    if closed:
        straight.many(conn, _CLOSE, [{"of": id} for id in closed])
    insert_together(
        conn,
        tables.egress_open,
        [
            {"id": one.id, "spool": spool, "intent": json.dumps(asdict(one))}
            for one in left.values()
        ],
    )


def bury(conn: Connection, spool: str, now_us: int) -> int:
    """Tell of what a gone process left without an end, as `process_killed`; how many requests."""
    here = _open.spool == spool
    found = conn.scalars(select(_open.intent).where(here).order_by(_open.id)).all()
    for text in found:
        values = json.loads(text)
        intent = Intent(**values | {"purpose": Purpose(values["purpose"])})
        _ended(conn, Done(intent, KILLED, None, max(0, now_us - intent.at_us)))
    conn.execute(delete(tables.egress_open).where(here))
    return len(found)


def _ended(conn: Connection, done: Done) -> None:
    _event(
        conn,
        "egress.done",
        done.intent,
        done.intent.at_us + done.took_us,
        reason=done.reason,
        details={"status": done.status, "took_us": done.took_us},
    )


def _event(
    conn: Connection,
    kind: str,
    intent: Intent,
    at_us: int,
    *,
    reason: str = "",
    details: Mapping[str, events.Value] | None = None,
) -> None:
    told: dict[str, events.Value] = {
        "egress": intent.id,
        "purpose": str(intent.purpose),
        "upstream": intent.upstream,
        "call": intent.call,
        "sent_bytes": intent.sent_bytes,
        "before": intent.before,
        **({"subject": intent.subject} if intent.subject else {}),
    }
    events.append(
        conn,
        tenant=intent.tenant,
        type=kind,
        actor={"kind": "service", "name": _ACTORS[intent.purpose]},
        object={"kind": "exchange", "id": intent.exchange_id},
        at_us=at_us,
        outcome="failed" if reason else "ok",
        reason=reason,
        details=told | dict(details or {}),
    )
