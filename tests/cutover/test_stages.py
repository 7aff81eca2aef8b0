"""The stage table is total, and nothing else moves a rollout."""

import itertools

import pytest

from cutover.stages import TRANSITIONS, IllegalTransition, Signal, Stage, diagram, move

MOVES = [(stage, signal) for stage in Stage for signal in Signal]


def test_every_stage_has_a_row_and_no_row_has_an_unknown_signal():
    assert set(TRANSITIONS) == set(Stage)
    for row in TRANSITIONS.values():
        assert set(row) <= set(Signal)
        assert set(row.values()) <= set(Stage)


@pytest.mark.parametrize(("stage", "signal"), MOVES)
def test_a_signal_leads_where_the_table_says_or_is_refused_by_name(stage, signal):
    target = TRANSITIONS[stage].get(signal)
    if target is not None:
        assert move(stage, signal) is target
        return
    with pytest.raises(IllegalTransition, match=f"in {stage} cannot {signal}") as refused:
        move(stage, signal)
    assert (refused.value.stage, refused.value.signal) == (stage, signal)


@pytest.mark.parametrize("stage", [Stage.MIRROR, Stage.CANARY, Stage.LIVE])
def test_every_stage_with_a_candidate_at_work_can_roll_back_and_stop(stage):
    assert move(stage, Signal.ROLL_BACK) is Stage.ROLLED_BACK
    assert move(stage, Signal.STOP) is Stage.OFF


def test_the_candidate_answers_nobody_who_was_not_mirrored_first():
    for stage, signal in itertools.product((Stage.OFF, Stage.ROLLED_BACK), Signal):
        assert TRANSITIONS[stage].get(signal) not in (Stage.CANARY, Stage.LIVE)
    to_live = {s: x for s in Stage for x, end in TRANSITIONS[s].items() if end is Stage.LIVE}
    assert to_live == dict.fromkeys((Stage.MIRROR, Stage.CANARY), Signal.GO_LIVE)


def test_the_diagram_has_an_arrow_for_every_move():
    lines = diagram().splitlines()
    assert lines[:2] == ["stateDiagram-v2", "    [*] --> off"]
    drawn = set()
    for line in lines[2:]:
        arrow, signals = line.strip().split(": ")
        start, end = arrow.split(" --> ")
        drawn |= {(start, signal, end) for signal in signals.split(", ")}
    assert drawn == {
        (stage.value, signal.value, target.value)
        for stage, row in TRANSITIONS.items()
        for signal, target in row.items()
    }
