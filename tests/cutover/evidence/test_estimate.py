"""What a stage needs at least, from the policy alone."""

import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies
from cutover.evidence.eprocess import MeanAbove
from cutover.evidence.estimate import Need, beyond_traffic, needs, spotless
from cutover.evidence.gates import Basis, Gate, demands, log_promote_at
from policies.judges import Judge
from policies.load import load
from policies.policy import Gates, Policy, Sampling, Step, Terms

EXAMPLES = Path(str(policies.__file__)).parent / "examples"
CLINICS = load(EXAMPLES / "clinics.yaml")
REHEARSAL = load(EXAMPLES / "rehearsal.yaml")


def under(terms: Terms, *, reask: bool = True) -> tuple[Need, ...]:
    """The needs of the first clinic under other terms."""
    name = CLINICS.rollouts[0].tenant
    tenant = CLINICS.tenants[name].model_copy(update={"reask": reask})
    policy: Policy = CLINICS.model_copy(update={"terms": terms, "tenants": {name: tenant}})
    return needs(policy, policy.rollouts[0])


def test_production_needs_what_the_bars_imply() -> None:
    # A share of errors of 1.85 % cannot be shown at 0.05 before 240 spotless sessions, 5 % slow
    # answers not before 87; at 1 % share, 50 served sessions are 5,000.
    mirror, *steps = needs(CLINICS, CLINICS.rollouts[0])
    assert (mirror.sessions, mirror.decided_by) == (240, "errors")
    assert [step.sessions for step in steps] == [5000, 1000, 500, 87 * 4, 87 * 2]
    assert [step.stage for step in steps][:2] == ["canary 1 %", "canary 5 %"]


def test_a_rehearsal_needs_minutes() -> None:
    found = needs(REHEARSAL, REHEARSAL.rollouts[0])
    assert [need.sessions for need in found] == [35, 50, 70]
    assert sum(need.hours for need in found) == 0


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("gate", list(Gate)[:4])
@pytest.mark.parametrize(
    "terms", [CLINICS.terms, REHEARSAL.terms], ids=["production", "rehearsal"]
)
def test_one_session_less_does_not_show_it(terms: Terms, gate: Gate, basis: Basis) -> None:
    demand = next(d for d in demands(terms.gates, basis) if d.gate is gate)
    n = spotless(demand, basis, terms)
    best = 0.5 if (gate, basis) == (Gate.EQUIVALENCE, Basis.NOISE) else 1.0
    shown = MeanAbove(1 - demand.bar)
    assert shown.after([best] * n).log_e >= log_promote_at(terms)
    assert shown.after([best] * (n - 1)).log_e < log_promote_at(terms)


def with_errors(**gate: object) -> Policy:
    """The clinics, with other demands on the gate of errors."""
    return CLINICS.model_copy(
        update={"terms": Terms(gates=Gates.model_validate({"errors": gate}))}
    )


def test_what_no_traffic_can_show_is_named_and_the_stage_says_why() -> None:
    first = CLINICS.rollouts[0]
    policy = with_errors(at_most=1e-9)
    assert beyond_traffic(policy, first) == ["errors"]
    (mirror, *_) = needs(policy, first)
    assert (mirror.sessions, mirror.decided_by) == (None, "errors: no traffic shows it")
    assert beyond_traffic(with_errors(at_most=1e-4), first) == []
    assert beyond_traffic(with_errors(at_most=1e-9, mode="observe"), first) == []


def test_a_pinned_tenant_is_mirrored_and_needs_no_step() -> None:
    name = CLINICS.rollouts[0].tenant
    tenant = CLINICS.tenants[name].model_copy(update={"pinned": "primary"})
    pinned = CLINICS.model_copy(update={"tenants": CLINICS.tenants | {name: tenant}})
    assert [need.stage for need in needs(pinned, pinned.rollouts[0])] == ["mirror"]


def test_the_clock_counts_where_it_is_longer() -> None:
    need = Need("mirror", 240, 24, "errors")
    assert need.days(10_000) == 1
    assert need.days(24) == 10
    assert dataclasses.replace(need, sessions=None).days(10) is None


def test_a_smaller_sample_takes_more_sessions() -> None:
    half = Terms(sampling=Sampling(shadow_percent=50))
    assert under(half)[0].sessions == 480


def test_re_asks_that_are_too_rare_decide_and_without_any_nothing_can() -> None:
    rare = Terms(sampling=Sampling(reask_burst=0, reask_percent=1))
    gate = demands(rare.gates, Basis.NOISE)[0]
    assert under(rare)[0].decided_by == "equivalence"
    assert under(rare)[0].sessions == 100 * spotless(gate, Basis.NOISE, rare)
    none = Terms(sampling=Sampling(reask_burst=0, reask_percent=0))
    assert under(none)[0].sessions is None
    assert under(none, reask=False)[0].sessions is not None


SEVERE = Gates.model_validate({"severe": {"promotion": "shown"}})
QUALITY = Gates.model_validate({"quality": {"promotion": "shown"}})


def test_a_severe_gate_that_must_be_shown_needs_its_re_asks() -> None:
    gate = next(one for one in demands(SEVERE, Basis.NOISE) if one.gate is Gate.SEVERE)
    found = under(Terms(gates=SEVERE, sampling=Sampling(reask_burst=0)))
    assert found[0].decided_by == "severe"
    assert found[0].sessions == 50 * spotless(gate, Basis.NOISE, Terms())
    assert under(Terms(gates=SEVERE), reask=False)[0].decided_by == "errors"  # it sees nothing


@pytest.mark.parametrize(("percent", "share"), [(100, 1.0), (2, 1 - 0.98**5)])
def test_quality_that_must_be_shown_needs_what_the_judge_grades(
    percent: float, share: float
) -> None:
    judge = Judge(upstream="gpu", model="judge", sample_percent=percent)
    judged = CLINICS.model_copy(update={"terms": Terms(gates=QUALITY), "judge": judge})
    every = demands(QUALITY, Basis.NOISE)
    least = max(spotless(one, Basis.NOISE, Terms()) for one in every[-3:-1])
    found = needs(judged, judged.rollouts[0])[0]
    assert found.sessions == max(240, math.ceil(least / share))  # errors need 240
    assert found.decided_by.startswith("quality (" if percent < 100 else "errors")
    watching = judged.model_copy(update={"terms": Terms()})
    assert needs(watching, watching.rollouts[0])[0].decided_by == "errors"
    alone = CLINICS.model_copy(update={"terms": Terms(gates=QUALITY)})
    assert needs(alone, alone.rollouts[0])[0].decided_by == "errors"


def test_nothing_shadowed_never_ends() -> None:
    found = under(Terms(sampling=Sampling(shadow_percent=0)))
    assert found[0].sessions is None
    assert "sampling" in found[0].decided_by


@given(
    st.floats(0.5, 99, allow_subnormal=False),
    st.integers(1, 500),
    st.booleans(),
)
def test_a_step_is_never_over_before_its_candidate_has_served_enough(
    percent: float, min_served: int, latency: bool
) -> None:
    step = Step(percent=percent, min_served=min_served, latency_evidence=latency)
    need = under(Terms(steps=(step,)))[1]
    assert need.sessions is not None
    served = max(min_served, 87 if latency else 0)
    assert need.sessions == pytest.approx(math.ceil(served * 100 / percent), abs=1)
    assert need.decided_by == ("latency" if served > min_served else "min_served")


def test_a_step_in_sessions_takes_as_many_days_as_its_served_sessions_do() -> None:
    need = under(Terms(steps=(Step(sessions=50, min_served=150),)))[1]
    assert (need.stage, need.sessions, need.hours) == ("canary 50 sessions", 150, 72)
    assert need.days(1_000_000) == 3
