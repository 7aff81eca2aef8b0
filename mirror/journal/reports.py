"""The events of an exchange: what was served and shadowed."""

from __future__ import annotations

from sqlalchemy import Connection

from mirror.exchange import End, Leg, Reply
from mirror.journal import events

_PROXY = {"kind": "service", "name": "proxy"}
_SENDER = {"kind": "service", "name": "shadow"}


def replied(
    conn: Connection,
    tenant: str,
    route: str,
    reply: Reply,
    commitment: str,
    subject: str = "",
) -> None:
    """Report one leg's end. `commitment` is that of its body, `subject` the patient's pseudonym where it is known."""
    served = reply.leg is Leg.SERVED
    events.append(
        conn,
        tenant=tenant,
        type="request.served" if served else _copy_type(reply),
        actor=_actor(reply.leg),
        object=_exchange(reply),
        at_us=reply.sent_us + reply.total_us,
        outcome="ok" if reply.answered else "failed",
        reason="" if reply.answered else reply.end,
        details={
            "route": route,
            "leg": reply.leg,
            "side": reply.side,
            "upstream": reply.upstream,
            "location": reply.location,
            "model": reply.model,
            "served_model": reply.served_model,
            "served_by": reply.served_by,
            "facts": {fact.name: f"{fact.value} ({fact.source})" for fact in reply.facts},
            "other": reply.other,
            "status": reply.status,
            "total_us": reply.total_us,
            "failed_over": len(reply.failed_over),
            "body_commitment": commitment,
            **({"subject": subject} if subject else {}),
        },
    )


def _copy_type(reply: Reply) -> str:
    return "shadow.skipped" if reply.end is End.CAPABILITY_GAP else "shadow.sent"


def _actor(leg: Leg) -> dict[str, str]:
    return _PROXY if leg is Leg.SERVED else _SENDER


def _exchange(reply: Reply) -> dict[str, str]:
    return {"kind": "exchange", "id": reply.exchange_id}
