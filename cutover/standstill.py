"""What people are told of a rollout that compares nothing: the last move's reason and evidence."""

from __future__ import annotations

import json

from cutover.clocks import moment
from cutover.decide import retried_by, retry_from_us
from cutover.evidence.verdict import Kind
from cutover.history import Moved
from cutover.people import CONTROLLER
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.views import Told
from policies.policy import RetriedBy, Terms

OFF = "switched off: the primary answers and nothing is copied"


def told(rollout: Rollout, moved: Moved, terms: Terms) -> Told:
    """All there is to tell, by the move that brought it to a standstill."""
    before = json.loads(moved.evidence) if moved.evidence else {}
    kept = tuple(before.get("evidence", ()))
    sessions = int(before.get("sessions", 0))
    if rollout.stage is not Stage.ROLLED_BACK:
        return Told(Kind.HOLD.value, (OFF,), "a person to resume it", sessions, kept)
    harm = before.get("verdict") == Kind.ROLL_BACK and moved.transition.actor == CONTROLLER.name
    reasons = tuple(before["reasons"]) if harm else (_why(moved),)
    waits_for = _rest(rollout, moved, terms)
    return Told(Kind.ROLL_BACK.value, reasons, waits_for, sessions, kept)


def _why(moved: Moved) -> str:
    """The reason of a move, with the person who gave it."""
    actor, reason = moved.transition.actor, moved.transition.reason
    return reason if actor == CONTROLLER.name else f"rolled back by {actor}: {reason}"


def _rest(rollout: Rollout, moved: Moved, terms: Terms) -> str:
    """When a rolled back rollout may be mirrored again, and by whom."""
    ends = moment(retry_from_us(rollout, terms))
    for_harm = moved.transition.actor == CONTROLLER.name
    if retried_by(rollout, terms, for_harm=for_harm) is RetriedBy.CONTROLLER:
        return f"its rest, which ends at {ends}; then the controller mirrors it again"
    return f"a person to resume it, after its rest, which ends at {ends}"
