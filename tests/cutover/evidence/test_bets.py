"""Weights on bets: a mixture still, valid by exact counting, and never much worse than even ones."""

import itertools
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.bets import (
    EVEN,
    EVENLY,
    EVENLY_SPREAD,
    Spread,
    favoured,
    recorded,
    spread_of,
)
from cutover.evidence.eprocess import BETS, UNKNOWN, MeanAbove

NEEDED = math.log(20)

gains = st.lists(st.floats(-500, 500), min_size=len(BETS), max_size=len(BETS))


@given(gains)
def test_weights_sum_to_one_and_each_bet_keeps_its_part_of_the_even_half(gained):
    weights = favoured(gained, NEEDED)
    assert math.fsum(weights) == pytest.approx(1)
    assert min(weights) >= EVENLY / len(BETS) - 1e-15


@given(gains)
def test_what_gained_more_never_weighs_less(gained):
    weights = favoured(gained, NEEDED)
    ranked = sorted(zip(gained, weights, strict=True))
    assert all(low[1] <= high[1] + 1e-12 for low, high in itertools.pairwise(ranked))


@given(
    gains, st.floats(0.05, 0.95), st.lists(st.sampled_from([0.0, 0.5, 0.9, 1.0]), max_size=9)
)
def test_whatever_the_pool_says_the_evidence_is_at_least_half_of_the_even_one(gained, m, seen):
    weighted = MeanAbove.weighted(m, favoured(gained, NEEDED)).after(seen)
    assert weighted.log_e >= MeanAbove(m).after(seen).log_e + math.log(EVENLY) - 1e-9


VALUES = (0.0, 0.6, 1.0)


def expected(m, chances, weights, length):
    """The mean of the e-value over all lines of this length, each with its chance."""
    total = 0.0
    for line in itertools.product(range(len(VALUES)), repeat=length):
        chance = math.prod(chances[place] for place in line)
        e = MeanAbove.weighted(m, weights).after([VALUES[place] for place in line])
        total += chance * math.exp(e.log_e)
    return total


@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize(
    "pool", [[20.0 * bet for bet in BETS], [-bet for bet in BETS], [9, *[0] * 9]]
)
def test_by_exact_counting_the_expectation_is_one_on_the_bar_and_less_below_it(pool, length):
    chances = (0.1, 0.25, 0.65)
    mean = sum(chance * x for chance, x in zip(chances, VALUES, strict=True))
    weights = favoured(pool, NEEDED)
    assert expected(mean, chances, weights, length) == pytest.approx(1)
    assert expected(mean + 0.05, chances, weights, length) < 1
    assert expected(mean - 0.05, chances, weights, length) > 1


def test_a_pool_that_shows_nothing_and_none_leave_the_bets_even():
    assert favoured([-0.1 * bet for bet in BETS], NEEDED) == EVEN
    assert favoured([0.0] * len(BETS), NEEDED) == EVEN


def test_few_sessions_say_little_and_more_than_a_decision_needs_say_no_more():
    per_session = [math.log1p(bet / 0.95 * 0.05) for bet in BETS]
    few, enough, many = (
        favoured([n * one for one in per_session], NEEDED) for n in (3, 90, 9_000)
    )
    assert max(few) < 0.11
    assert max(enough) > 0.16
    assert max(many) == pytest.approx(max(enough), rel=0.05)


def test_a_pool_like_the_tenant_shows_the_same_sooner():
    spotless = MeanAbove(0.95).after([1.0] * 300)
    weights = favoured(spotless.logs, NEEDED)

    def needed(shown):
        return next(n for n in range(1, 200) if shown.after([1.0] * n).log_e >= NEEDED)

    assert needed(MeanAbove.weighted(0.95, weights)) < needed(MeanAbove(0.95))


def test_an_open_session_counts_as_the_worst_under_any_weights():
    one = MeanAbove.weighted(0.9, favoured([5.0, *[0.0] * 9], NEEDED))
    assert one.after([UNKNOWN]) == one.after([0.0])


def test_a_spread_comes_back_from_json_and_from_the_evidence_of_a_move():
    spread = Spread(
        {"errors": favoured([3.0 * bet for bet in BETS], NEEDED), "flags": EVEN}, 2, 31
    )
    assert spread_of(json.loads(json.dumps(spread.body()))) == spread
    evidence = json.dumps({"verdict": "hold", "begins": {"bets": spread.body()}})
    assert recorded(evidence) == spread
    for without in ("", "{}", json.dumps({"begins": {"candidate": "c"}})):
        assert recorded(without) == EVENLY_SPREAD
