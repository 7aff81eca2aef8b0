"""Indices that a person says were made anew with a candidate's vectors.

Vectors of two models never meet in one index: a query of the one finds documents of the other by
chance, and nothing fails. So embeddings go live only where the index to ask is the candidate's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from cutover import tables
from cutover.decide import at_once
from cutover.history import report
from cutover.people import Deed
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.journal import events

_reindex = tables.reindex.c


@dataclass(frozen=True, slots=True)
class Reindex:
    """One index made with the vectors of a candidate, by its fingerprint, in an attempt."""

    name: str
    candidate: str
    attempt: int
    by: str
    reason: str
    at_us: int


def record(conn: Connection, rollout: Rollout, name: str, deed: Deed) -> Reindex:
    """Writes that an index was made with the rollout's candidate, and the event that says so."""
    made = Reindex(
        name, rollout.candidate, rollout.attempt, deed.actor.name, deed.reason, deed.at_us
    )
    before = [one.name for one in of(conn, rollout)]
    values = {"tenant": rollout.tenant, "route": rollout.route, **asdict(made)}
    conn.execute(insert(tables.reindex).values(**values))
    details: dict[str, events.Value] = {
        "index": name,
        "candidate": rollout.candidate,
        "attempt": rollout.attempt,
        **events.changed(before[-1] if before else None, name),
    }
    report(conn, rollout, "index.rebuilt", deed, details)
    return made


def of(conn: Connection, rollout: Rollout) -> list[Reindex]:
    """Those made with the rollout's candidate in its present attempt, oldest first.

    While an earlier attempt was rolled back, the primary's vectors went into the other index.
    """
    found = (
        select(*(getattr(_reindex, name) for name in Reindex.__dataclass_fields__))
        .where(_reindex.tenant == rollout.tenant, _reindex.route == rollout.route)
        .where(_reindex.candidate == rollout.candidate, _reindex.attempt == rollout.attempt)
        .order_by(_reindex.id)
    )
    return [Reindex(**row) for row in conn.execute(found).mappings()]


def gap(conn: Connection, rollout: Rollout, model: str) -> str:
    """Says that no index waits for the candidate, where one is needed to go live; else ""."""
    if rollout.stage is not Stage.MIRROR or not at_once(rollout) or of(conn, rollout):
        return ""
    return (
        f"no re-index recorded since candidate {model}: make the index anew with its vectors, "
        f"then `crossfade reindex {rollout.tenant} --index NAME`"
    )
