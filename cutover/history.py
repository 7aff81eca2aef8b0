"""What rollouts are and were: their standing, every move with its evidence, every hold.

Each function that changes a rollout writes the change and its event into the caller's transaction,
and refuses to overwrite a change it has not seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, RowMapping, insert, select, update

from cutover import deeds, tables
from cutover.people import Deed
from cutover.pooling.pooled import rested_on
from cutover.rollout import Rollout, Transition
from cutover.stages import Signal, Stage
from mirror.journal import events

Key = tuple[str, str]
"""Tenant and route."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A rollout as the store holds it; `version` is what the next write must still find there."""

    rollout: Rollout
    version: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A move with the evidence known at it, as canonical JSON, and the rollout's attempt behind it.

    The policy it was made by and the proposal that people approved, "" for none, only its event tells.
    """

    transition: Transition
    evidence: str
    attempt: int = 1
    policy_sha256: str = ""
    proposal: str = ""


class StaleRollout(RuntimeError):
    """Somebody changed the rollout since it was read; read it again."""


def rollouts(conn: Connection) -> dict[Key, Saved]:
    """Every rollout there is or was."""
    rows = conn.execute(select(tables.rollout)).mappings()
    return {(row["tenant"], row["route"]): _saved(row) for row in rows}


def create(conn: Connection, rollout: Rollout) -> Saved:
    """A rollout's first row. It says nothing in the event log: nothing has moved yet."""
    conn.execute(insert(tables.rollout).values(**_columns(rollout), version=1))
    return Saved(rollout, 1)


def record_move(
    conn: Connection, saved: Saved, after: Rollout, moved: Moved, deed: Deed
) -> Saved:
    """Writes a move, the rollout after it and the event. Raises StaleRollout."""
    transition = moved.transition
    written = _write(conn, saved, after)
    conn.execute(
        insert(tables.transition).values(
            tenant=after.tenant,
            route=after.route,
            attempt=after.attempt,
            at_us=transition.at_us,
            actor=transition.actor,
            reason=transition.reason,
            evidence=moved.evidence,
            signal=transition.signal.value,
            from_stage=transition.from_stage.value,
            to_stage=transition.to_stage.value,
            from_share=transition.from_share,
            to_share=transition.to_share,
            epoch=transition.epoch,
        )
    )
    details = _details(transition) | {
        "attempt": after.attempt,
        "candidate": after.candidate,
        "evidence_sha256": hashlib.sha256(moved.evidence.encode()).hexdigest(),
        "policy_sha256": moved.policy_sha256,
        "proposal": moved.proposal,
    }
    if pooled := rested_on(moved.evidence):
        details |= {"evidence": "pooled", "pooled": pooled}
    report(conn, after, "state.transition", deed, details)
    return written


def _details(transition: Transition) -> dict[str, events.Value]:
    return {
        "signal": transition.signal.value,
        "from_stage": transition.from_stage.value,
        "to_stage": transition.to_stage.value,
        "from_share": f"{transition.from_share:g}",
        "to_share": f"{transition.to_share:g}",
        "epoch": transition.epoch,
        **events.changed(
            _place(transition.from_stage, transition.from_share),
            _place(transition.to_stage, transition.to_share),
        ),
    }


def record_hold(conn: Connection, saved: Saved, deed: Deed) -> Saved:
    """Writes that somebody holds the rollout where it is. Raises StaleRollout."""
    after = replace(saved.rollout, held_by=deed.actor.name, hold_reason=deed.reason)
    written = _write(conn, saved, after)
    details = {"stage": after.stage.value, **_holds(saved.rollout, after)}
    report(conn, after, "hold.placed", deed, details)
    return written


def record_resume(conn: Connection, saved: Saved, deed: Deed) -> Saved:
    """Writes that the hold is over. Raises StaleRollout."""
    after = replace(saved.rollout, held_by="", hold_reason="")
    written = _write(conn, saved, after)
    details = {
        "stage": after.stage.value,
        "held_by": saved.rollout.held_by,
        **_holds(saved.rollout, after),
    }
    report(conn, after, "hold.lifted", deed, details)
    return written


def report(
    conn: Connection,
    rollout: Rollout,
    type: str,
    deed: Deed,
    details: Mapping[str, events.Value],
    outcome: str = "ok",
) -> None:
    """Appends an event about a rollout, in the caller's transaction."""
    deeds.report(
        conn,
        deed,
        type,
        ("rollout", f"{rollout.tenant}/{rollout.route}"),
        tenant=rollout.tenant,
        outcome=outcome,
        details=details,
    )


def moves(conn: Connection, key: Key, limit: int | None = 200) -> list[Moved]:
    """The latest moves of a rollout, oldest first; all of them where there is no limit."""
    table = tables.transition
    rows = conn.execute(
        select(table)
        .where(table.c.tenant == key[0], table.c.route == key[1])
        .order_by(table.c.id.desc())
        .limit(limit)
    ).mappings()
    return [Moved(_transition(row), row["evidence"], row["attempt"]) for row in rows][::-1]


def _place(stage: Stage, share: float) -> dict[str, events.Value]:
    return {"stage": stage.value, "share": f"{share:g}"}


def _holds(before: Rollout, after: Rollout) -> dict[str, events.Value]:
    was, now = [{"held_by": one.held_by} if one.held_by else None for one in (before, after)]
    return events.changed(was, now)


def _write(conn: Connection, saved: Saved, after: Rollout) -> Saved:
    table = tables.rollout
    changed = conn.execute(
        update(table)
        .where(
            table.c.tenant == after.tenant,
            table.c.route == after.route,
            table.c.version == saved.version,
        )
        .values(**_columns(after), version=saved.version + 1)
    )
    if not changed.rowcount:
        raise StaleRollout(f"{after.tenant}/{after.route} was changed meanwhile; try again")
    return Saved(after, saved.version + 1)


def _columns(rollout: Rollout) -> dict[str, object]:
    return {
        "tenant": rollout.tenant,
        "route": rollout.route,
        "stage": rollout.stage.value,
        "step": rollout.step,
        "epoch": rollout.epoch,
        "attempt": rollout.attempt,
        "since_us": rollout.since_us,
        "candidate": rollout.candidate,
        "held_by": rollout.held_by,
        "hold_reason": rollout.hold_reason,
        "canary_share": rollout.canary_share,
    }


def _saved(row: RowMapping) -> Saved:
    columns = {name: value for name, value in row.items() if name != "version"}
    return Saved(Rollout(**{**columns, "stage": Stage(row["stage"])}), row["version"])


def _transition(row: RowMapping) -> Transition:
    return Transition(
        tenant=row["tenant"],
        route=row["route"],
        signal=Signal(row["signal"]),
        from_stage=Stage(row["from_stage"]),
        to_stage=Stage(row["to_stage"]),
        from_share=row["from_share"],
        to_share=row["to_share"],
        epoch=row["epoch"],
        at_us=row["at_us"],
        actor=row["actor"],
        reason=row["reason"],
    )
