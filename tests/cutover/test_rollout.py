"""A rollout after a move, and the share its candidate answers."""

import pytest
from builders import REHEARSAL, rollout

from cutover.stages import IllegalTransition, Signal, Stage

STEPS = REHEARSAL.steps


@pytest.mark.parametrize(
    ("stage", "step", "share"),
    [
        (Stage.OFF, 0, 0),
        (Stage.MIRROR, 0, 0),
        (Stage.CANARY, 0, 20),
        (Stage.CANARY, 1, 50),
        (Stage.CANARY, 7, 50),  # the policy lost steps meanwhile: the last one left
        (Stage.LIVE, 0, 100),
        (Stage.ROLLED_BACK, 0, 0),
    ],
)
def test_the_share_follows_from_stage_and_step(stage, step, share):
    assert rollout(stage, step).share(STEPS) == share


def test_the_whole_way_to_live_counts_epochs_and_steps():
    now = rollout(Stage.OFF)
    way = [Signal.START, Signal.ENTER_CANARY, Signal.WIDEN, Signal.GO_LIVE]
    shares, steps = [], []
    for at_us, signal in enumerate(way, start=100):
        now = now.after(signal, at_us)
        shares.append(now.share(STEPS))
        steps.append(now.step)
    assert now.stage is Stage.LIVE
    assert (shares, steps) == ([0, 20, 50, 100], [0, 0, 1, 0])
    assert (now.epoch, now.attempt, now.since_us) == (5, 1, 103)


def test_narrowing_is_the_step_before_in_the_same_attempt():
    wide = rollout(Stage.CANARY, 1, epoch=4)
    narrow = wide.after(Signal.NARROW, 9)
    assert (narrow.stage, narrow.step, narrow.share(STEPS)) == (Stage.CANARY, 0, 20)
    assert (narrow.epoch, narrow.attempt, narrow.since_us) == (5, wide.attempt, 9)
    with pytest.raises(IllegalTransition, match="in canary cannot narrow"):
        narrow.after(Signal.NARROW, 10)


def test_a_retry_is_a_new_attempt_and_a_rollback_is_not():
    back = rollout(Stage.CANARY, 1).after(Signal.ROLL_BACK, 5)
    again = back.after(Signal.RETRY, 9)
    assert (back.stage, back.attempt, back.step) == (Stage.ROLLED_BACK, 1, 0)
    assert (again.stage, again.attempt, again.epoch) == (Stage.MIRROR, 2, back.epoch + 1)


def test_a_hold_stays_through_a_move():
    held = rollout(Stage.CANARY, held_by="aisyah", hold_reason="audit")
    assert held.after(Signal.ROLL_BACK, 1).held_by == "aisyah"


def test_an_illegal_move_is_refused():
    with pytest.raises(IllegalTransition):
        rollout(Stage.OFF).after(Signal.GO_LIVE, 1)


def test_a_rollout_is_known_by_tenant_and_route():
    assert rollout().key == ("clinic", "chat")
