"""What would have been done: which decision is written, in what words, and what the store keeps."""

import pytest
from builders import REHEARSAL, rollout

from cutover import would_be
from cutover.decide import Apply, Propose
from cutover.people import CONTROLLER, Deed
from cutover.stages import Signal, Stage

STEPS = REHEARSAL.steps


def would(signal, stage=Stage.MIRROR, needed=0):
    decided = Propose(signal, 0, 20, needed, "shown") if needed else Apply(signal, "shown")
    return would_be.made(rollout(stage), decided, STEPS, 100, "{}")


@pytest.mark.parametrize(
    ("one", "kind", "words"),
    [
        (would(Signal.ENTER_CANARY, needed=1), "would_propose", "20 % of the sessions would have been proposed"),
        (would(Signal.ENTER_CANARY), "would_promote", "moved to 20 %"),
        (would(Signal.WIDEN, Stage.CANARY), "would_promote", "moved to 50 %"),
        (would(Signal.ROLL_BACK, Stage.CANARY), "would_roll_back", "been rolled back"),
    ],
)  # fmt: skip
def test_each_decision_has_its_kind_and_its_words(one, kind, words):
    assert one.kind == kind
    assert words in one.sentence and one.sentence.endswith("nothing was moved: shown")


def test_each_is_new_once_in_a_standing_and_none_after_a_rollback():
    entered, back = would(Signal.ENTER_CANARY), would(Signal.ROLL_BACK)
    assert would_be.is_new([], 1, Signal.ENTER_CANARY)
    assert not would_be.is_new([entered], 1, Signal.ENTER_CANARY)
    assert would_be.is_new([entered], 1, Signal.ROLL_BACK)
    assert not would_be.is_new([entered, back], 1, Signal.ROLL_BACK)
    assert not would_be.is_new([back], 1, Signal.ENTER_CANARY)
    assert would_be.is_new([entered, back], 2, Signal.ENTER_CANARY)


def test_what_was_written_comes_back_as_it_was(store):
    one = would(Signal.ENTER_CANARY, needed=2)
    with store.write() as conn:
        would_be.record(conn, one, rollout(), Deed(CONTROLLER, 100, "shown"))
        assert would_be.of(conn, ("clinic", "chat")) == (one,)
        assert would_be.of(conn, ("other", "chat")) == ()
