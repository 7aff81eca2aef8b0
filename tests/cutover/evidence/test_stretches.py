"""By what measure sessions are, in the store."""

import json

from builders import REHEARSAL, rollout
from rollouts import START_US

from cutover.evidence import stretches
from cutover.evidence.gates import Basis, Rules
from cutover.evidence.measure import Measure, Stretch, measure_of
from cutover.evidence.stretches import BEGUN_ANEW, Begun
from cutover.history import Moved
from cutover.rollout import Transition
from cutover.stages import Signal, Stage
from mirror.journal import events

A, B = Measure({"x": 1.0, "y": [1, None]}), Measure({"x": 2.5, "y": [1, None]})
KEY = ("clinic", "chat")


def begun(epoch, after, measure, changed=(), stage=Stage.CANARY):
    return Begun(rollout(stage), Stretch(epoch, after, measure, "p" * 64), START_US, changed)


def test_stretches_come_back_by_standing_and_one_without_sessions_gives_way(store):
    with store.write() as conn:
        stretches.write(conn, [begun(1, 0, A), begun(2, 0, A)])
        stretches.write(conn, [begun(2, 7, A), begun(2, 7, B)])
    with store.read() as conn:
        assert stretches.of(conn, KEY, 2) == {
            2: (Stretch(2, 0, A, "p" * 64), Stretch(2, 7, B, "p" * 64))
        }
        assert list(stretches.of(conn, KEY)) == [1, 2]
        assert stretches.of(conn, ("clinic", "soap")) == {}


def test_where_people_are_served_it_is_an_event_that_names_what_changed(store):
    with store.write() as conn:
        stretches.write(conn, [begun(2, 0, A), begun(2, 7, B, ("x",))])
        stretches.write(conn, [])
    with store.read() as conn:
        (one,) = [json.loads(each.body) for each in events.read(conn, "clinic", limit=9)]
    assert one["type"] == BEGUN_ANEW
    assert one["reason"] == "the policy changed how sessions count: `x`"
    assert one["details"]["changed"] == ["x"]
    assert (one["details"]["after"], one["details"]["measure"]) == (7, B.digest)


def a_move(epoch, evidence):
    moved = Transition(
        *KEY, Signal.START, Stage.OFF, Stage.MIRROR, 0.0, 0.0, epoch, 0, "x", "y"
    )
    return Moved(moved, json.dumps(evidence))


def test_sessions_of_before_are_of_the_policy_of_their_time_where_it_is_kept():
    moves = [a_move(1, {}), a_move(2, {"look": {"policy_sha256": "old"}}), a_move(3, {})]
    old = Rules(REHEARSAL, Basis.BAR)
    today = measure_of(Rules(REHEARSAL, Basis.NOISE))

    def then(sha256):
        return old if sha256 == "old" else None

    # Mirror ended, and the standing behind it began, with that look.
    for epoch in (1, 2):
        found = stretches.taken_for(moves, epoch, today, then)
        assert found == Stretch(epoch, 0, measure_of(old), "old")
    assert stretches.taken_for(moves, 3, today, then) == Stretch(3, 0, today)
    assert stretches.taken_for(moves, 1, today, lambda sha256: None) == Stretch(1, 0, today)
