"""The standings of an attempt, by its moves."""

import pytest
from rollouts import KEY, a_policy

from cutover.evidence.standing import Standing, attempts, standings
from cutover.history import Moved
from cutover.rollout import Transition
from cutover.stages import Signal, Stage


def a_move(signal, to_stage, epoch, attempt=1):
    move = Transition(*KEY, signal, Stage.OFF, to_stage, 0.0, 0.0, epoch, 0, "x", "y")
    return Moved(move, "{}", attempt)


START = a_move(Signal.START, Stage.MIRROR, 1)
ENTER = a_move(Signal.ENTER_CANARY, Stage.CANARY, 2)
WIDEN = a_move(Signal.WIDEN, Stage.CANARY, 3)
LIVE = a_move(Signal.GO_LIVE, Stage.LIVE, 4)
NARROW = a_move(Signal.NARROW, Stage.CANARY, 4)
AGAIN = a_move(Signal.WIDEN, Stage.CANARY, 5)
BACK = a_move(Signal.ROLL_BACK, Stage.ROLLED_BACK, 4)
RETRY = a_move(Signal.RETRY, Stage.MIRROR, 5, attempt=2)
STOP = a_move(Signal.STOP, Stage.OFF, 2)
ANEW = a_move(Signal.START, Stage.MIRROR, 3, attempt=2)


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], []),
        ([START], [Standing(1, Stage.MIRROR, 0)]),
        (
            [START, ENTER, WIDEN, LIVE],
            [
                Standing(1, Stage.MIRROR, 0),
                Standing(2, Stage.CANARY, 0),
                Standing(3, Stage.CANARY, 1),
                Standing(4, Stage.LIVE, 0),
            ],
        ),
        (
            [START, ENTER, WIDEN, NARROW, AGAIN],
            [
                Standing(1, Stage.MIRROR, 0),
                Standing(2, Stage.CANARY, 0),
                Standing(3, Stage.CANARY, 1),
                Standing(4, Stage.CANARY, 0),
                Standing(5, Stage.CANARY, 1),
            ],
        ),
        ([START, ENTER, WIDEN, BACK], []),
        ([START, ENTER, WIDEN, BACK, RETRY], [Standing(5, Stage.MIRROR, 0, attempt=2)]),
        ([START, STOP, ANEW], [Standing(3, Stage.MIRROR, 0, attempt=2)]),
        ([ANEW], [Standing(3, Stage.MIRROR, 0, attempt=2)]),  # its earlier moves were not read
    ],
)
def test_an_attempts_standings_are_told_by_its_moves(moves, expected):
    assert standings(moves) == expected


def test_every_attempt_has_standings_of_its_own():
    first, second = attempts([START, ENTER, BACK, RETRY])
    assert [one.epoch for one in first] == [1, 2]
    assert [one.epoch for one in second] == [5]


def test_a_step_that_the_policy_has_no_more_is_its_last():
    terms = a_policy().terms
    assert Standing(3, Stage.CANARY, 1).step_of(terms) == 1
    assert Standing(3, Stage.CANARY, 7).step_of(terms) == len(terms.steps) - 1
