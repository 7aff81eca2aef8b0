"""When a promotion may rest on the pool, and what it never makes good."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, rollout, scored

from cutover.evidence.gates import Basis, Rules
from cutover.evidence.judge import judge
from cutover.evidence.tally import Account
from cutover.evidence.verdict import Kind
from cutover.pooling.pooled import Pooled, Unit
from cutover.stages import Stage
from policies.coverage import Coverage
from policies.low_traffic import LowTraffic

LATE = 10**15
STRONG = {name: 10.0 for name in ("equivalence", "errors", "latency", "flags")}
UNITS = tuple([Unit(name, 1, 30) for name in ("a", "b", "c", "d", "own")])
POOL = Pooled(UNITS, STRONG, tenants=5)


def rules_of(**values):
    low = LowTraffic(pooled_gate=True, pooled_from=10)
    return Rules(REHEARSAL.model_copy(update={"low_traffic": low} | values), Basis.NOISE)


def judged(rows, pooled=POOL, stage=Stage.MIRROR, rules=None):
    rules = rules or rules_of()
    account = Account.begin(rules, stage)
    account.take(rows)
    views = replace(account.look([], LATE), pooled=pooled)
    return judge(rules, rollout(stage), views, now_us=LATE, alarm=50)


def good(count, **values):
    return [scored(n, **values) for n in range(count)]


def test_with_the_pool_few_sessions_of_its_own_are_enough_and_it_is_said_whose():
    found = judged(good(10))
    assert found.kind is Kind.PROMOTE
    assert found.pooled == dict.fromkeys(("a", "b", "c", "d", "own"), 30)
    assert found.reasons[-1].startswith(
        "pooled: this rests on 150 sessions of the model (a 30, "
    )
    assert found.gates[0].sentence.endswith("not shown by itself, shown by the pool")
    assert found.gates[0].pooled_log10 == pytest.approx(10 / 2.302585)


def test_what_its_own_sessions_show_rests_on_no_pool():
    found = judged(good(43))
    assert (found.kind, found.pooled) == (Kind.PROMOTE, {})
    assert all(gate.pooled_log10 is None for gate in found.gates)
    assert not any("pool" in reason for reason in found.reasons)


def test_without_the_pool_the_same_sessions_hold():
    found = judged(good(10), pooled=None)
    assert found.kind is Kind.HOLD
    assert "pool" not in found.waits_for


@pytest.mark.parametrize(
    ("pooled", "why"),
    [
        (replace(POOL, against="a was rolled back: its tenants are not alike"), "not alike"),
        (replace(POOL, units=(), tenants=3), "it needs sessions of 5 tenants, none with over a fifth of them, and has 3"),
        (replace(POOL, shown=STRONG | {"errors": 2.9}), "150 sessions of 5 tenants show no more"),
    ],
)  # fmt: skip
def test_a_pool_that_does_not_carry_says_why(pooled, why):
    found = judged(good(10), pooled)
    assert found.kind is Kind.HOLD
    assert why in found.reasons[-1]
    assert why in found.waits_for
    assert found.pooled == {}


def test_a_tenant_needs_some_sessions_of_its_own():
    found = judged(good(9))
    assert found.kind is Kind.HOLD
    assert "from 10 sessions of the tenant's own on, and there are 9" in found.reasons[-1]


def test_a_pool_never_makes_good_what_is_likely_worse_here():
    rows = [*good(20), *[scored(n, fail_codes=("X",)) for n in range(20, 25)]]
    found = judged(rows)
    assert found.kind is Kind.HOLD
    assert found.gates[3].gate == "flags"
    rules = rules_of(alpha=REHEARSAL.alpha.model_copy(update={"roll_back": 1e-9}))
    worse = [*good(20), *[scored(n, fail_codes=("X",)) for n in range(20, 32)]]
    held = judged(worse, rules=rules)
    assert held.kind is Kind.HOLD
    assert "it does not count while harm is likely here" in held.reasons[-1]


def test_one_gate_that_is_likely_worse_here_is_not_made_good_though_all_together_are_not():
    for slow in range(1, 12):
        rows = [*good(20), *[scored(n, candidate_us=9_000_000) for n in range(20, 20 + slow)]]
        found = judged(rows)
        latency = next(gate for gate in found.gates if gate.gate == "latency")
        if latency.against_log10 >= 1.302 > found.harm_log10:  # 20
            break
    else:
        raise AssertionError("no number of slow answers is likely harm of latency alone")
    assert found.kind is Kind.HOLD
    assert latency.pooled_log10 is None
    assert "not shown yet" in latency.sentence


def test_harm_rolls_back_whatever_the_pool_shows():
    rows = [*good(10), *[scored(n, equivalence=0.1, fail_codes=("X",)) for n in range(10, 40)]]
    assert judged(rows).kind is Kind.ROLL_BACK


def test_the_pool_speaks_in_mirror_alone():
    found = judged(good(3, serving="candidate"), stage=Stage.CANARY)
    assert found.kind is Kind.HOLD
    assert found.gates[0].pooled_log10 is None


def test_what_was_asked_beside_the_gates_is_asked_of_the_tenant_itself():
    rules = rules_of(coverage=Coverage(hours=24.0, strata=()))
    found = judged(good(20), rules=rules)
    assert found.kind is Kind.HOLD
    assert any("of 24 hours" in reason for reason in found.reasons)


def test_a_stratum_may_rest_on_the_pool_too_and_that_alone_is_a_label():
    rules = rules_of(coverage=Coverage.model_validate(DAY_AND_NIGHT))
    rows = [scored(n, at_s=n * 1800) for n in range(60)]
    alone = judged(rows, pooled=replace(POOL, strata={}), rules=rules)
    assert alone.kind is Kind.HOLD
    strata = {"day": STRONG, "night": STRONG}
    found = judged(rows, pooled=replace(POOL, strata=strata), rules=rules)
    assert found.kind is Kind.PROMOTE
    assert found.pooled


DAY_AND_NIGHT = {
    "hours": 24,
    "zone": "UTC",
    "strata": [
        {"name": "day", "start": "07:00", "end": "19:00"},
        {"name": "night", "start": "19:00", "end": "07:00"},
    ],
}
