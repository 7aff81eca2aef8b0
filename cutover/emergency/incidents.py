"""Incidents: exchanges that somebody reported. Each is kept for good, and holds rollouts while it is open.

It holds the rollout of its exchange, and every other one with the same candidate: what a model did
to one clinic it may do to the next. Nothing is widened then; rollbacks work as ever. Every function
works in the caller's transaction; times are microseconds of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select, update

from cutover import deeds, tables
from cutover.history import Key
from cutover.people import Deed
from cutover.retention import holds
from mirror.journal import events
from policies.policy import Target

_incident = tables.incident.c


@dataclass(frozen=True, slots=True)
class Incident:
    """One report. `upstream` and `model` are the candidate's then, "" where there was none; `closed_us` 0 while open."""

    id: int
    exchange_id: str
    tenant: str
    route: str
    upstream: str
    model: str
    by: str
    reason: str
    at_us: int
    closed_by: str = ""
    closed_reason: str = ""
    closed_us: int = 0

    @property
    def key(self) -> Key:
        """The rollout of its exchange."""
        return self.tenant, self.route

    def holds(self, key: Key, candidate: Target | None) -> bool:
        """Whether a rollout with this candidate is held while it is open."""
        if self.tenant == key[0] and self.route == key[1]:
            return True
        if candidate is None or not self.upstream:
            return False
        return self.upstream == candidate.upstream and self.model == candidate.model

    def sentence(self, key: Key) -> str:
        """Why a rollout is held. What was said of one tenant's patient is told to no other tenant."""
        why = self.reason if key[0] == self.tenant else "of another tenant, with this candidate"
        return f"nothing is widened until incident {self.id} is closed: {why}"


def holding(found: Iterable[Incident], key: Key, candidate: Target | None) -> str:
    """The one of these that holds a rollout, its own first; "" where none does."""
    held = [one for one in found if one.holds(key, candidate)]
    return min(held, key=lambda one: (one.key != key, one.id)).sentence(key) if held else ""


def unclosed(conn: Connection) -> tuple[Incident, ...]:
    """Those that are open, the first one first."""
    return tuple(_found(conn, _incident.closed_us == 0))


def every(conn: Connection, limit: int = 200) -> list[Incident]:
    """The latest ones, open or not, the first one first."""
    query = select(tables.incident).order_by(_incident.id.desc()).limit(limit)
    return [Incident(**row) for row in conn.execute(query).mappings()][::-1]


def pinned(conn: Connection, exchange_ids: Iterable[str]) -> set[str]:
    """Which of these exchanges are kept for good: what was reported once, open or closed."""
    query = select(_incident.exchange_id).where(_incident.exchange_id.in_(list(exchange_ids)))
    return set(conn.scalars(query))


def report(
    conn: Connection, exchange_id: str, key: Key, candidate: Target | None, deed: Deed
) -> Incident:
    """Records a report. The caller says what it holds with `tell`."""
    holds.in_turn(conn)
    row = {
        "exchange_id": exchange_id,
        "tenant": key[0],
        "route": key[1],
        "upstream": candidate.upstream if candidate else "",
        "model": candidate.model if candidate else "",
        "by": deed.actor.name,
        "reason": deed.reason,
        "at_us": deed.at_us,
        "closed_by": "",
        "closed_reason": "",
        "closed_us": 0,
    }
    made = conn.execute(insert(tables.incident).values(**row)).inserted_primary_key
    assert made is not None, "the store numbers it"
    return Incident(made[0], **row)  # type: ignore[arg-type]


def close(conn: Connection, incident: Incident, deed: Deed) -> bool:
    """Closes one; its exchange is kept all the same. False where it was closed already."""
    done = conn.execute(
        update(tables.incident)
        .where(_incident.id == incident.id, _incident.closed_us == 0)
        .values(closed_by=deed.actor.name, closed_reason=deed.reason, closed_us=deed.at_us)
    )
    return bool(done.rowcount)


def find(conn: Connection, number: int) -> Incident | None:
    """The incident of a number."""
    return next(iter(_found(conn, _incident.id == number)), None)


def tell(conn: Connection, incident: Incident, held: Iterable[Key], deed: Deed) -> None:
    """Writes the events of a report or, where the incident is closed, of its end.

    One with the person's words in the exchange's own log, one without in that of each other rollout.
    """
    over = incident.closed_us != 0
    others = sorted(set(held) - {incident.key})
    details: dict[str, events.Value] = {
        "incident": incident.id,
        "exchange": incident.exchange_id,
        "held": len(others) + 1,
        "upstream": incident.upstream,
        "model": incident.model,
        **(events.changed("open", "closed") if over else events.changed(None, "open")),
    }
    _event(
        conn, incident.key, "incident.closed" if over else "incident.reported", deed, details
    )
    for key in others:
        theirs = Deed(deed.actor, deed.at_us, "")
        type = "incident.over" if over else "incident.holding"
        _event(conn, key, type, theirs, {name: details[name] for name in _SHARED})


_SHARED = ("incident", "upstream", "model", "before", "after")


def _event(
    conn: Connection, key: Key, type: str, deed: Deed, details: dict[str, events.Value]
) -> None:
    deeds.report(conn, deed, type, ("rollout", "/".join(key)), tenant=key[0], details=details)


def _found(conn: Connection, which: object) -> list[Incident]:
    query = select(tables.incident).where(which).order_by(_incident.id)  # type: ignore[arg-type]
    return [Incident(**row) for row in conn.execute(query).mappings()]


def body(incident: Incident) -> dict[str, object]:
    """As the control API tells it."""
    return asdict(incident)
