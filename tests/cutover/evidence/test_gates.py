"""Bars, weights and levels that follow from a policy."""

import math

import pytest
from builders import REHEARSAL
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.gates import (
    Basis,
    Gate,
    alarm_level,
    badness_of_difference,
    basis_of,
    demands,
    log_promote_at,
    log_roll_back_at,
)
from cutover.stages import Stage
from policies.policy import Alpha, Gates, Terms
from policies.routes import Route

PRODUCTION = Terms()


def test_the_gates_come_in_one_order_with_the_policys_bars():
    found = demands(REHEARSAL.gates, Basis.NOISE)
    assert [demand.name for demand in found] == [
        gate for gate in Gate if gate not in (Gate.RELATIVE_LATENCY, Gate.QUALITY)
    ]
    assert [demand.bar for demand in found[:4]] == pytest.approx([0.65, 0.10, 0.10, 0.15])
    assert [demand.weight for demand in found[:4]] == [0.30, 0.20, 0.15, 0.35]
    assert [demand.shown for demand in found] == [True] * 4 + [False] * 4
    assert sum(demand.weight for demand in found[4:]) == pytest.approx(0.06)
    assert sum(
        demand.weight for demand in demands(PRODUCTION.gates, Basis.BAR)
    ) == pytest.approx(1.01)


def test_gates_are_what_the_policy_names():
    gates = Gates.model_validate(
        {
            "flags": {"codes": {"LATERALITY": {"at_most": 0.02}, "DRUG_UNSUPPORTED": 0.01}},
            "schema_validity": {"promotion": "shown"},
            "relative_latency": {"slower_by": 0.5},
        }
    )
    found = {demand.name: demand for demand in demands(gates, Basis.NOISE)}
    assert list(found)[4:] == [
        "flags.DRUG_UNSUPPORTED",
        "flags.LATERALITY",
        "severe",
        "first_token",
        "schema_validity",
        "unpaired_flags",
        "relative_latency",
    ]
    assert (found["flags.LATERALITY"].code, found["flags.LATERALITY"].bar) == (
        "LATERALITY",
        0.02,
    )
    assert found["relative_latency"].bar == 0.5
    assert [name for name, one in found.items() if one.optional and one.shown] == [
        "schema_validity"
    ]


def test_quality_is_a_gate_for_each_score_with_the_policys_margin_and_its_part_of_the_weight():
    gates = Gates.model_validate({"quality": {"promotion": "shown", "mode": "hold"}})
    found = [one for one in demands(gates, Basis.BAR) if one.gate is Gate.QUALITY]
    assert [one.name for one in found] == ["quality.judge", "quality.severe", "quality.schema"]
    assert [one.bar for one in found] == pytest.approx([0.525, 0.02, 0.5075])
    assert [one.weight for one in found] == pytest.approx([0.27, 0.015, 0.015])
    assert {(one.optional, one.shown, one.mode.value) for one in found} == {
        (True, True, "hold")
    }
    assert [one.is_difference(Basis.BAR) for one in found] == [True, False, True]
    assert not [d for d in demands(gates, Basis.NEIGHBOURS) if d.gate is Gate.QUALITY]
    assert not [d for d in demands(Gates(), Basis.NOISE) if d.gate is Gate.QUALITY]
    watching = demands(Gates.model_validate({"quality": {}}), Basis.NOISE)[-3:]
    assert not any(one.shown for one in watching)


def test_without_asking_again_the_bar_is_on_agreement():
    assert demands(PRODUCTION.gates, Basis.BAR)[0].bar == pytest.approx(0.35)


@pytest.mark.parametrize("reask", [False, True])
def test_embeddings_are_asked_for_neighbours_with_and_without_consent(reask):
    assert basis_of(Route.EMBED, reask=reask) is Basis.NEIGHBOURS
    assert demands(PRODUCTION.gates, Basis.NEIGHBOURS)[0].bar == pytest.approx(0.8)
    assert basis_of(Route.CHAT, reask=reask) is (Basis.NOISE if reask else Basis.BAR)


@given(st.floats(-1, 1), st.floats(0.05, 1))
def test_badness_of_a_difference_is_clipped_and_falls_as_the_candidate_gets_better(d, clip):
    badness = badness_of_difference(d, clip)
    assert 0 <= badness <= 1
    assert badness <= badness_of_difference(d - 0.1, clip)
    assert badness_of_difference(0, clip) == 0.5
    assert badness_of_difference(-clip, clip) == 1.0


def test_the_errors_of_one_attempt_add_up_to_its_budget():
    for attempt in (1, 2, 3):
        mirror = math.exp(-log_roll_back_at(PRODUCTION, Stage.MIRROR, attempt))
        step = math.exp(-log_roll_back_at(PRODUCTION, Stage.CANARY, attempt))
        assert mirror + 5 * step == pytest.approx(0.005 / attempt**2)
    assert mirror < math.exp(-log_roll_back_at(PRODUCTION, Stage.MIRROR, 1))
    assert math.exp(-log_roll_back_at(PRODUCTION, Stage.CANARY, 1)) == pytest.approx(0.0008)
    assert math.exp(log_promote_at(PRODUCTION)) == pytest.approx(20)


@pytest.mark.parametrize(
    ("sessions_a_day", "production", "level"),
    [(0, True, 10_000), (30 * 500, True, 1_350_000), (15_000, False, 1_000)],
)
def test_the_alarm_of_live_is_one_a_quarter_for_the_fleet(sessions_a_day, production, level):
    found = alarm_level(REHEARSAL, fleet_sessions_a_day=sessions_a_day, production=production)
    assert found == pytest.approx(level)


def test_a_rehearsal_with_a_tiny_alpha_is_no_quicker_in_live_than_in_canary():
    terms = REHEARSAL.model_copy(update={"alpha": Alpha(roll_back=0.0001)})
    found = alarm_level(terms, fleet_sessions_a_day=0, production=False)
    assert found == pytest.approx(2 / 0.00008)


@pytest.mark.parametrize("difference", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_difference_is_never_taken_for_a_good_one(difference):
    with pytest.raises(ValueError, match="no difference"):
        badness_of_difference(difference, 0.5)
