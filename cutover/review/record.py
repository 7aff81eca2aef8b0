"""Reviews of the event log in the deployment's own log: the event of one that ended, and what is known of those before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from cutover import deeds
from cutover.actors import Actor, Deed
from cutover.review import outcome
from cutover.review.nights import Known
from cutover.review.outcome import Outcome, Review
from mirror.journal.events import Value
from mirror.journal.tables import event

TYPE = "review.performed"
LOOKED_BACK = 40
"""So many reviews are looked through for the last one that opened payloads: a month of them and more."""

# Sorted here: asked for in order, SQLite would walk through every event there is.
_NUMBERS = select(event.c.seq).where(event.c.tenant == "", event.c.type == TYPE)


@dataclass(frozen=True, slots=True)
class Performed:
    """A review that is on record: when it ended, and who had it made."""

    at_us: int
    by: str
    review: Review


def append(conn: Connection, review: Review, actor: Actor, at_us: int) -> None:
    """Records a review, in the caller's transaction. It says what the one before found, so that people hear of a change."""
    before = newest(conn)
    told: dict[str, Value] = {
        **review.details(),
        "before": before.review.outcome.value if before else "",
    }
    whole = review.outcome is Outcome.WHOLE
    deeds.report(
        conn,
        Deed(actor, at_us, review.sentence()),
        TYPE,
        ("store", "event logs"),
        outcome="ok" if whole else "failed",
        details=told,
    )


def newest(conn: Connection) -> Performed | None:
    """The review that was recorded last; None where there is none that can be read."""
    return next(iter(_performed(conn, 1)), None)


def known(conn: Connection) -> Known:
    """What decides when the next one is due."""
    found = _performed(conn, LOOKED_BACK)
    opened = next((one.at_us for one in found if one.review.payloads), None)
    return Known(found[0].at_us if found else None, opened, begun_us(conn))


def begun_us(conn: Connection) -> int | None:
    """When the oldest event happened; None where there is none."""
    found: int | None = conn.scalar(select(func.min(event.c.at_us)))
    return found


def _performed(conn: Connection, most: int) -> list[Performed]:
    """The newest of them, the last first."""
    numbers = sorted(conn.scalars(_NUMBERS), reverse=True)[:most]
    query = select(event.c.body).where(event.c.tenant == "", event.c.seq.in_(numbers))
    bodies = conn.scalars(query.order_by(event.c.seq.desc())) if numbers else ()
    return [found for body in bodies if (found := _read(body)) is not None]


def _read(body: str) -> Performed | None:
    """What an event says; None of one that somebody changed so that it says nothing: the next review finds that."""
    try:
        said: Mapping[str, Any] = json.loads(body)
        review = outcome.read(said["details"])
        return Performed(int(said["at_us"]), str(said["actor"]["name"]), review)
    except (KeyError, TypeError, ValueError):
        return None
