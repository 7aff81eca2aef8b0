"""What the detectors of a live candidate warn of: told once when harm becomes likely, and once when it no more is."""

from __future__ import annotations

import json
import math

from sqlalchemy import Connection, select

from cutover import history
from cutover.evidence.gates import WARN_AT
from cutover.evidence.verdict import Verdict
from cutover.people import CONTROLLER, Deed
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.journal import events
from mirror.journal.tables import event

WARNED, CALMED = "harm.warned", "harm.calmed"
CALM_LOG10 = 2.0
"""Far enough below the warning that what wavers about it is told once."""


def wary(harm_log10: float, *, warned: bool) -> bool:
    """Whether a warning stands, now that the detectors do at this level."""
    return harm_log10 >= (CALM_LOG10 if warned else math.log10(WARN_AT))


def due(rollout: Rollout, verdict: Verdict, warned: bool | None) -> bool:
    """Whether `note` has anything to find out or to tell."""
    if rollout.stage is not Stage.LIVE:
        return warned is not None
    return warned is None or wary(verdict.harm_log10, warned=warned) != warned


def note(
    conn: Connection, rollout: Rollout, verdict: Verdict, warned: bool | None, at_us: int
) -> bool | None:
    """Whether a live rollout is warned of, with an event where that changed; None for any other.

    `warned` is what was known before; None has it read from the event log.
    """
    if rollout.stage is not Stage.LIVE:
        return None
    before = _last(conn, rollout) if warned is None else warned
    now = wary(verdict.harm_log10, warned=before)
    if now != before:
        deed = Deed(CONTROLLER, at_us, "; ".join(verdict.reasons))
        details: dict[str, events.Value] = {
            "epoch": rollout.epoch,
            "harm_log10": f"{verdict.harm_log10:.2f}",
        }
        history.report(conn, rollout, WARNED if now else CALMED, deed, details)
    return now


def _last(conn: Connection, rollout: Rollout) -> bool:
    """What was told of the present standing last."""
    rows = conn.execute(
        select(event.c.type, event.c.body)
        .where(event.c.type.in_((WARNED, CALMED)), event.c.tenant == rollout.tenant)
        .order_by(event.c.seq.desc())
    )
    mine = f"{rollout.tenant}/{rollout.route}"
    for row in rows:
        said = json.loads(row.body)
        if said["object"]["id"] == mine and said["details"]["epoch"] == rollout.epoch:
            return bool(row.type == WARNED)
    return False
