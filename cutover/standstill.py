"""What people are told of a rollout that compares nothing: the last move's reason and evidence, and the end of its rest."""

from __future__ import annotations

import json
from collections.abc import Callable

from cutover.decide import retried_by, retry_from_us
from cutover.evidence.verdict import Kind
from cutover.history import Moved
from cutover.people import CONTROLLER
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.views import RolledBack, Told
from policies.policy import RetriedBy, Terms

type Moment = Callable[[int], str]
"""Says a moment, microseconds of UTC, as people read it."""

OFF = "switched off: the primary answers and nothing is copied"


def told(rollout: Rollout, moved: Moved) -> Told:
    """All there is to tell, by the move that brought it to a standstill. How long it rests is for `rest` to say."""
    before = json.loads(moved.evidence) if moved.evidence else {}
    kept = tuple(before.get("evidence", ()))
    sessions = int(before.get("sessions", 0))
    if rollout.stage is not Stage.ROLLED_BACK:
        return Told(Kind.HOLD.value, (OFF,), "a person to resume it", sessions, kept)
    reasons = tuple(before["reasons"]) if _for_harm(moved) else (_why(moved),)
    return Told(Kind.ROLL_BACK.value, reasons, "", sessions, kept)


def rolled_back(rollout: Rollout, moved: Moved) -> RolledBack | None:
    """Who rolled it back and why; None of what is switched off."""
    if rollout.stage is not Stage.ROLLED_BACK:
        return None
    move = moved.transition
    return RolledBack(move.actor, move.reason, move.at_us, _for_harm(moved))


def rest(rollout: Rollout, terms: Terms, *, for_harm: bool, now_us: int, moment: Moment) -> str:
    """When a rolled back rollout may be mirrored again by the terms of now, and by whom; "" for any other."""
    if rollout.stage is not Stage.ROLLED_BACK:
        return ""
    from_us = retry_from_us(rollout, terms)
    by_controller = retried_by(rollout, terms, for_harm=for_harm) is RetriedBy.CONTROLLER
    if from_us <= now_us:
        if by_controller:
            return "the controller to mirror it again: its rest has ended"
        return "a person to resume it: its rest has ended"
    if by_controller:
        return f"its rest, which ends {moment(from_us)}; then the controller mirrors it again"
    return f"a person to resume it, after its rest, which ends {moment(from_us)}"


def _for_harm(moved: Moved) -> bool:
    """Whether the controller moved it, by a verdict that harm is shown."""
    before = json.loads(moved.evidence) if moved.evidence else {}
    shown = bool(before.get("verdict") == Kind.ROLL_BACK)
    return shown and moved.transition.actor == CONTROLLER.name


def _why(moved: Moved) -> str:
    """The reason of a move, with the person who gave it."""
    actor, reason = moved.transition.actor, moved.transition.reason
    return reason if actor == CONTROLLER.name else f"rolled back by {actor}: {reason}"
