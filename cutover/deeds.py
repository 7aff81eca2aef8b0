"""Events of what somebody did: every one says who did it, when and why, and to what."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from cutover.people import Deed, Kind
from mirror.journal import events
from mirror.redaction.redact import redacted


def report(  # noqa: PLR0913 - what an event says
    conn: Connection,
    deed: Deed,
    type: str,
    done_to: tuple[str, str],
    *,
    tenant: str = "",
    outcome: str = "ok",
    details: Mapping[str, events.Value] | None = None,
) -> int:
    """Appends one, in the caller's transaction; its number in its log.

    An event is never erased, so what a person's reason says of a patient by number, telephone or address is covered
    in it (`mirror.redaction`). `done_to` is the kind and the id of what it was done to, as in ("rollout", "clinic/chat"); `tenant` whose
    log it stands in, "" for the deployment's own. The ticket of the deed is told among the details.
    """
    kind, id = done_to
    ticket = {"ticket": deed.ticket} if deed.ticket else {}
    return events.append(
        conn,
        tenant=tenant,
        type=type,
        actor=deed.actor.body_in(tenant),
        object={"kind": kind, "id": id},
        at_us=deed.at_us,
        outcome=outcome,
        reason=redacted(deed.reason) if deed.actor.kind is Kind.HUMAN else deed.reason,
        details={**(details or {}), **ticket},
    )
