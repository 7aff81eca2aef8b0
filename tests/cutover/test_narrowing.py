"""Once an attempt a canary gives back its last widening."""

import pytest
from builders import REHEARSAL, rollout

from cutover import history, moves, narrowing
from cutover.moves import Bound
from cutover.people import CONTROLLER, Deed
from cutover.stages import Signal, Stage
from cutover.views import NOT_JUDGED

BOUND = Bound("p" * 64, "n" * 64, NOT_JUDGED)
TO_CANARY = (Signal.START, Signal.ENTER_CANARY)


def after(store, *signals):
    """A rollout after some moves, a second apart; whether it can be narrowed, and when it was widened."""
    with store.write() as conn:
        saved = history.create(conn, rollout(Stage.OFF, epoch=0))
        for at_us, signal in enumerate(signals, start=1):
            deed = Deed(CONTROLLER, at_us, "because")
            saved, _ = moves.move(conn, saved, signal, deed, REHEARSAL.steps, BOUND)
    with store.read() as conn:
        now = saved.rollout
        return narrowing.possible(conn, now), narrowing.widened_us(conn, now)


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ((Signal.START,), (False, 1)),
        (TO_CANARY, (False, 2)),
        ((*TO_CANARY, Signal.WIDEN), (True, 3)),
        ((*TO_CANARY, Signal.WIDEN, Signal.NARROW), (False, 0)),
        ((*TO_CANARY, Signal.WIDEN, Signal.NARROW, Signal.WIDEN), (False, 5)),
        ((*TO_CANARY, Signal.WIDEN, Signal.GO_LIVE), (False, 4)),
        (
            (
                *TO_CANARY,
                *(Signal.WIDEN, Signal.NARROW, Signal.ROLL_BACK, Signal.RETRY),
                *(Signal.ENTER_CANARY, Signal.WIDEN),
            ),
            (True, 8),
        ),
    ],
)
def test_a_later_step_can_be_narrowed_once_an_attempt(store, signals, expected):
    assert after(store, *signals) == expected
