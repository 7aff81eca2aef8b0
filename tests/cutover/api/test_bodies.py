"""Moves, proposals and points as JSON values."""

from cutover.api import bodies
from cutover.evidence.course import Point
from cutover.rollout import Transition
from cutover.stages import Signal, Stage


def test_a_transition_names_stages_shares_actor_and_reason():
    move = Transition(
        "clinic",
        "chat",
        Signal.GO_LIVE,
        Stage.CANARY,
        Stage.LIVE,
        50.0,
        100.0,
        4,
        9,
        "anna",
        "ok",
    )
    assert bodies.transition(move).model_dump(mode="json", by_alias=True) == {
        "signal": "go_live",
        "from": "canary",
        "to": "live",
        "from_share": 50.0,
        "to_share": 100.0,
        "epoch": 4,
        "at_us": 9,
        "actor": "anna",
        "reason": "ok",
    }


def test_sessions_are_counted_on_through_the_standings_of_an_attempt():
    points = [Point(epoch, n, 0, {}) for epoch, n in [(1, 1), (1, 60), (2, 1), (2, 9), (3, 2)]]
    assert [one.n for one in bodies.course(points)] == [1, 60, 61, 69, 71]
    assert bodies.course([]) == []
