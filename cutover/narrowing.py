"""Narrowing: a canary gives back what its last widening took, and stays in its attempt.

Nothing was shown of it: it is undone for others that share its server. So it costs no attempt and no rest,
and happens once an attempt, because a step that is judged a second time may be wrong a second time.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from cutover import history
from cutover.history import Moved
from cutover.rollout import Rollout
from cutover.stages import Signal, Stage


def possible(conn: Connection, rollout: Rollout) -> bool:
    """Whether a rollout can give back its last widening: in a later step than its first, once an attempt."""
    later = rollout.stage is Stage.CANARY and rollout.step > 0
    return later and not was_narrowed(history.moves(conn, rollout.key))


def was_narrowed(moves: Iterable[Moved]) -> bool:
    """Whether the attempt that the last of some moves belongs to was narrowed."""
    found = False
    for moved in moves:
        fresh = moved.transition.to_stage is Stage.MIRROR
        found = not fresh and (found or moved.transition.signal is Signal.NARROW)
    return found


def share_before(conn: Connection, rollout: Rollout) -> float:
    """The share in percent that a rollout had before the move that began its present standing."""
    moves = history.moves(conn, rollout.key)
    began = [one.transition for one in moves if one.transition.epoch == rollout.epoch]
    assert began, "a later step began by a move"
    return began[-1].from_share


def widened_us(conn: Connection, rollout: Rollout) -> int:
    """When a rollout's candidate was last given more; 0 where its last move took something from it."""
    last = history.moves(conn, rollout.key, limit=1)
    narrowed = bool(last) and last[-1].transition.signal is Signal.NARROW
    return 0 if narrowed else rollout.since_us
