"""Sightings: another than the declared candidate answered in its name. Kept until a person answers them.

A row is one rollout and one deployment that answered, so that the event log hears of each once,
however many replies it gave; `last_us` says that it still does.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, case, select, update

from mirror.exchange import End, Reply
from mirror.journal import events, tables
from mirror.journal.store import insert_new

_sighting = tables.sighting.c


@dataclass(frozen=True, slots=True)
class Sighting:
    """`what` says in words who answered in the name of the candidate at `upstream`."""

    tenant: str
    route: str
    upstream: str
    what: str


def note(conn: Connection, tenant: str, route: str, reply: Reply) -> None:
    """Keep what a reply, or an attempt that it replaced, shows of another's answer."""
    seen = [(reply.upstream, reply.other)] if reply.other else []
    for attempt in reply.failed_over:
        if attempt.end is End.SERVED_BY_OTHER:
            seen.append((attempt.upstream, attempt.other))
    for upstream, what in seen:
        _note(conn, Sighting(tenant, route, upstream, what[:300]), reply)


def unanswered(conn: Connection) -> dict[tuple[str, str], Sighting]:
    """The latest sighting of each rollout that nobody has answered since, by (tenant, route)."""
    query = (
        select(_sighting.tenant, _sighting.route, _sighting.upstream, _sighting.what)
        .where(_sighting.last_us > _sighting.answered_us)
        .order_by(_sighting.last_us)
    )
    return {(row.tenant, row.route): Sighting(*row) for row in conn.execute(query)}


def answer(conn: Connection, tenant: str, route: str, at_us: int) -> None:
    """A person has looked into a rollout's sightings; later ones count anew."""
    conn.execute(
        update(tables.sighting)
        .where(_sighting.tenant == tenant, _sighting.route == route)
        .values(answered_us=at_us)
    )


def _note(conn: Connection, seen: Sighting, reply: Reply) -> None:
    at_us = reply.sent_us + reply.total_us
    row: dict[str, object] = {
        "tenant": seen.tenant,
        "route": seen.route,
        "upstream": seen.upstream,
        "what": seen.what,
        "first_us": at_us,
        "last_us": at_us,
        "replies": 1,
        "answered_us": 0,
    }
    if insert_new(conn, tables.sighting, row):
        _report(conn, seen, reply, at_us)
        return
    key = [_sighting[name] == row[name] for name in ("tenant", "route", "upstream", "what")]
    latest = case((_sighting.last_us > at_us, _sighting.last_us), else_=at_us)
    changed = {"last_us": latest, "replies": _sighting.replies + 1}
    conn.execute(update(tables.sighting).where(*key).values(changed))


def _report(conn: Connection, seen: Sighting, reply: Reply, at_us: int) -> None:
    events.append(
        conn,
        tenant=seen.tenant,
        type="candidate.served_by_other",
        actor={"kind": "service", "name": "proxy"},
        object={"kind": "rollout", "id": f"{seen.tenant}/{seen.route}"},
        at_us=at_us,
        outcome="failed",
        reason=seen.what,
        details={
            "upstream": seen.upstream,
            "exchange": reply.exchange_id,
            "leg": reply.leg,
            "facts": {fact.name: f"{fact.value} ({fact.source})" for fact in reply.facts},
        },
    )
