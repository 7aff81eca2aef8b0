"""The test of a canary step's share: its law, its tables, and the proxy's own way of giving out sessions."""

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.sample_ratio import (
    SampleRatio,
    another,
    holds,
    log_e,
    log_hold_at,
    retold,
    sentence,
)
from mirror.exchange import Side
from mirror.route_table import Standing
from mirror.share import given_side, part
from policies.gates import Gates, Mode, SampleRatioGate
from policies.policy import Terms

TERMS = Terms()
parts = st.integers(1, 10_000).map(lambda places: places / 10_000)


def terms(**gate):
    return Terms(gates=Gates(sample_ratio=SampleRatioGate(**gate)))


@given(st.integers(1, 9_999).map(lambda places: places / 10_000), st.integers(0, 30))
def test_while_the_share_is_true_its_mean_is_one(p, sessions):
    mean = sum(
        math.comb(sessions, k)
        * p**k
        * (1 - p) ** (sessions - k)
        * math.exp(log_e(k, sessions, p))
        for k in range(sessions + 1)
    )
    assert mean == pytest.approx(1.0, rel=1e-6)


@given(parts, st.lists(st.booleans(), max_size=40))
def test_session_by_session_it_is_the_same_in_any_order(part, sides):
    """The product of what each next session was foretold, which no order changes."""
    p = min(part, 0.9999)
    a, b = (0.5, 0.5 * (1 - p) / p) if p <= 0.5 else (0.5 * p / (1 - p), 0.5)
    for order in (sides, sorted(sides)):
        by_hand, k = 0.0, 0
        for n, side in enumerate(order):
            foretold = (a + k) / (a + b + n)
            by_hand += math.log((foretold if side else 1 - foretold) / (p if side else 1 - p))
            k += side
        if not (part > p and k >= p * len(sides)):
            assert log_e(k, len(sides), part) == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("p", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_however_often_one_looks_it_is_seldom_wrong(p, alpha):
    """To the digit: the probability of ever reaching 1/alpha within 2,000 sessions, over all ways there."""
    sessions, level = 2_000, -math.log(alpha)
    alive, wrong = {0: 1.0}, 0.0
    for n in range(1, sessions + 1):
        after: dict[int, float] = {}
        for k, chance in alive.items():
            for more, odds in ((0, 1 - p), (1, p)):
                after[k + more] = after.get(k + more, 0.0) + chance * odds
        wrong += sum([chance for k, chance in after.items() if log_e(k, n, p) >= level])
        alive = {k: c for k, c in after.items() if c > 1e-15 and log_e(k, n, p) < level}
    assert 0 < wrong <= alpha


@pytest.mark.parametrize(
    ("share", "really", "most"),
    [
        (1, 0, 1_000),
        (1, 2, 3_000),
        (5, 10, 600),
        (10, 0, 100),
        (10, 20, 260),
        (25, 12.5, 240),
        (50, 25, 90),
        (50, 100, 20),
    ],
)
def test_a_share_that_is_another_is_found(share, really, most):
    """Where sessions come evenly, at the level of one of five steps."""
    found = next(
        n
        for n in range(1, 100_000)
        if log_e(round(n * really / 100), n, part(share)) >= log_hold_at(TERMS)
    )
    assert found <= most


def test_of_a_share_of_all_only_what_is_missing_speaks():
    assert log_e(300_000, 300_000, 1.0) == 0.0
    assert log_e(299_999, 300_000, 1.0) == 0.0
    assert log_e(50, 100, 1.0) > log_hold_at(TERMS)


def sessions_of_a_stage(stage, share, sessions, *, old=None, old_part=0.0):
    """How a stage's sessions are given out, one by one; some of them by a proxy with an `old` share."""
    choose = random.Random(stage)
    table = Standing("clinic", "chat", "canary", share, 2, f"deployment/clinic/chat/{stage}")
    for number in range(sessions):
        obeyed = table
        if old is not None and choose.random() < old_part:
            obeyed = Standing("clinic", "chat", "canary", old, 1, table.salt)
        session = f"{choose.getrandbits(64):x}-{number}"
        yield given_side(obeyed, session) is Side.CANDIDATE


def first_hold(sides, share):
    """The session at which a look after each one first holds; None where none does."""
    count = 0
    for number, is_given in enumerate(sides, start=1):
        count += is_given
        if another(SampleRatio(part(share), number, count), TERMS):
            return number
    return None


def test_no_stage_of_two_hundred_is_held_by_mistake():
    shares = (1, 5, 10, 25, 50)
    held = [
        stage
        for stage in range(200)
        if first_hold(sessions_of_a_stage(stage, shares[stage % 5], 1_000), shares[stage % 5])
    ]
    assert held == []


@pytest.mark.parametrize(("old", "old_part"), [(0.0, 1.0), (20.0, 1.0), (0.0, 0.5)])
def test_a_proxy_that_obeys_an_old_table_is_found(old, old_part):
    """It gives the candidate nothing, or twice its share; or one of two proxies does."""
    for stage in range(10):
        sides = sessions_of_a_stage(stage, 10.0, 3_000, old=old, old_part=old_part)
        assert first_hold(sides, 10.0) is not None


def test_the_steps_share_what_may_be_wrong():
    assert log_hold_at(TERMS) == pytest.approx(math.log(5 / 0.001))
    assert log_hold_at(terms(alpha=0.01)) == pytest.approx(math.log(5 / 0.01))


def test_observed_it_is_told_and_holds_nothing():
    none_of_many = SampleRatio(0.1, 500, 0)
    assert holds(none_of_many, TERMS)
    assert not holds(SampleRatio(0.1, 500, 50), TERMS)
    observed = terms(mode=Mode.OBSERVE)
    assert not holds(none_of_many, observed)
    assert sentence(none_of_many, observed).endswith("(observed only)")


def test_it_says_what_was_seen_and_what_was_left_out():
    seen = SampleRatio(0.1, 1_203, 118, (("capability_gap", 1), ("diverted", 12)), 41)
    assert sentence(seen, TERMS) == (
        "sample ratio: of 1,203 sessions that began at this step 118 were given to the candidate, 9.81 %, "
        "where its share is 10 % (1 capability gap, 12 diverted: kept from it for another reason); "
        "41 that began before it left out"
    )
    assert sentence(SampleRatio(0.1), TERMS) == (
        "sample ratio: no session has begun at this step yet"
    )
    assert sentence(SampleRatio(0.1, 500, 0), TERMS).endswith(
        ": shown to be another share; a proxy may obey an old route table"
    )


def test_it_can_be_kept_and_read_back():
    seen = SampleRatio(1.0, 3, 3, (("emergency", 1),), 2)
    assert retold(json.loads(json.dumps(seen.body()))) == seen
