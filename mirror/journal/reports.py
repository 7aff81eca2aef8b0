"""The events of an exchange: what was served and shadowed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from mirror.dialects.coding import CodingBroken, decoded
from mirror.dialects.usage import usage_in
from mirror.exchange import End, Leg, Reply
from mirror.journal import events

_PROXY = {"kind": "service", "name": "proxy"}
_SENDER = {"kind": "service", "name": "shadow"}


class Standing(NamedTuple):
    """Where an exchange stands: its rollout, the stage and epoch that the proxy obeyed, and whose it is.

    `subject` is the patient's pseudonym, where it is known; `asked` the commitment of the request's body.
    """

    tenant: str
    route: str
    stage: str
    epoch: int
    subject: str = ""
    asked: str = ""


def replied(conn: Connection, of: Standing, reply: Reply, commitment: str) -> None:
    """Report one leg's end. `commitment` is that of its body."""
    served = reply.leg is Leg.SERVED
    events.append(
        conn,
        tenant=of.tenant,
        type="request.served" if served else _copy_type(reply),
        actor=_actor(reply.leg),
        object=_exchange(reply),
        at_us=reply.sent_us + reply.total_us,
        outcome="ok" if reply.answered else "failed",
        reason="" if reply.answered else reply.end,
        details={
            "route": of.route,
            "stage": of.stage,
            "epoch": of.epoch,
            "leg": str(reply.leg),
            "side": str(reply.side),
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
            **({"request_commitment": of.asked} if served and of.asked else {}),
            **({"subject": of.subject} if of.subject else {}),
            **_counted(reply),
        },
    )


def _counted(reply: Reply) -> dict[str, int]:
    """When it began to come, and the tokens it says it used: what is known of these."""
    used = usage_in(_plain(reply))
    told = {
        "first_byte_us": reply.first_byte_us,
        "first_token_us": reply.first_token_us,
        "input_tokens": used.input if used else None,
        "output_tokens": used.output if used else None,
    }
    return {name: count for name, count in told.items() if count is not None}


def _plain(reply: Reply) -> bytes:
    """Its body as it was meant; of one that stands in a file, nothing: nobody waits for a file here."""
    try:
        return decoded(reply.body, reply.content_encoding)
    except CodingBroken:
        return b""


def _copy_type(reply: Reply) -> str:
    return "shadow.skipped" if reply.end is End.CAPABILITY_GAP else "shadow.sent"


def _actor(leg: Leg) -> dict[str, str]:
    return _PROXY if leg is Leg.SERVED else _SENDER


def _exchange(reply: Reply) -> dict[str, str]:
    return {"kind": "exchange", "id": reply.exchange_id}
