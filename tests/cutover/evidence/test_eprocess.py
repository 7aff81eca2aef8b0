"""Laws of the e-processes, and what they come to on known data."""

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cutover.evidence.eprocess import (
    BETS,
    UNKNOWN,
    MarginOutOfRange,
    MeanAbove,
    MeanAboveLately,
    MeanAboveSince,
    ObservationOutOfRange,
    log_mean,
    log_sum,
)

means = st.floats(0.01, 0.99)
xs = st.lists(st.floats(0, 1), max_size=40)
places = st.lists(st.one_of(st.floats(0, 1), st.none(), st.just(UNKNOWN)), max_size=40)
kinds = st.sampled_from(
    [
        MeanAbove,
        lambda m: MeanAboveSince(m, 1),
        lambda m: MeanAboveSince(m, 5),
        MeanAboveLately,
    ]
)


@given(kinds, means, places, places)
def test_adding_one_by_one_is_adding_all_at_once(kind, m, first, second):
    together = kind(m).after(first + second)
    assert kind(m).after(first).after(second) == together
    single = kind(m)
    for place in first + second:
        single = single.after([place])
    assert single == together


@given(kinds, means, places, st.integers(0, 60))
def test_what_waits_may_be_added_all_at_once(kind, m, line, times):
    state = kind(m).after(line)
    one_by_one = state
    for _ in range(times):
        one_by_one = one_by_one.after([UNKNOWN])
    assert state.waiting(times) == one_by_one == state.after([UNKNOWN] * times)


@given(means, xs)
def test_the_product_is_the_mean_over_the_bets_and_knows_no_order(m, observed):
    by_hand = [math.prod(1 + bet / m * (x - m) for x in observed) for bet in BETS]
    e = MeanAbove(m).after(observed).log_e
    assert e == pytest.approx(math.log(sum(by_hand) / len(BETS)), abs=1e-9)
    shuffled = random.Random(len(observed)).sample(observed, len(observed))
    assert e == pytest.approx(MeanAbove(m).after(shuffled).log_e, abs=1e-9)


@given(means, xs)
def test_the_mixture_over_starts_is_what_its_definition_says(m, observed):
    every, n = 3, len(observed)
    stakes = {0: 0.5} | {j * every: 0.5 / (j * (j + 1)) for j in range(1, n + 1)}
    held = [sum(w for t, w in stakes.items() if t >= n) + 0.5 / (n + 1)]
    for bet in BETS:
        running = [
            w * math.prod(1 + bet / m * (x - m) for x in observed[t:])
            for t, w in stakes.items()
            if t < n
        ]
        held.append(sum(running) / len(BETS))
    e = MeanAboveSince(m, every).after(observed).log_e
    assert e == pytest.approx(math.log(sum(held)), abs=1e-9)


@given(means, xs)
def test_the_detector_is_what_its_recursion_says(m, observed):
    levels = [0.0] * len(BETS)
    for x in observed:
        levels = [
            (level + 1) * (1 + bet / m * (x - m))
            for level, bet in zip(levels, BETS, strict=True)
        ]
    e = MeanAboveLately(m).after(observed).log_e
    assert math.exp(e) == pytest.approx(sum(levels) / len(BETS), rel=1e-9)


@given(means, st.integers(1, 6), st.integers(1, 5))
def test_no_bet_expects_to_gain_while_the_mean_is_at_its_bar(m, n, every):
    # Exact: all outcomes of n coins with P(1) = m. The expected e-value is at most 1 at every n.
    for kind in (MeanAbove(m), MeanAboveSince(m, every)):
        expected = 0.0
        for outcome in range(2**n):
            coins = [float(outcome >> i & 1) for i in range(n)]
            chance = math.prod(m if coin else 1 - m for coin in coins)
            expected += chance * math.exp(kind.after(coins).log_e)
        assert expected <= 1 + 1e-9


@given(kinds, means, places, st.data())
def test_a_larger_observation_never_lowers_the_evidence(kind, m, line, data):
    known = [i for i, x in enumerate(line) if isinstance(x, float)]
    assume(known)
    at = data.draw(st.sampled_from(known))
    raised = [*line[:at], data.draw(st.floats(line[at], 1)), *line[at + 1 :]]
    assert kind(m).after(raised).log_e >= kind(m).after(line).log_e - 1e-9


@given(kinds, means, places, st.integers(1, 5))
def test_a_longer_open_tail_never_raises_the_evidence(kind, m, line, more):
    state = kind(m).after(line)
    assert state.after([UNKNOWN] * more).log_e <= state.log_e + 1e-9


@given(kinds, means, places, st.data())
def test_what_is_not_known_yet_counts_less_than_whatever_it_becomes(kind, m, line, data):
    unknown = [i for i, x in enumerate(line) if x is UNKNOWN]
    assume(unknown)
    known = list(line)
    for i in unknown:
        known[i] = data.draw(st.one_of(st.none(), st.floats(0, 1)))
    assert kind(m).after(line).log_e <= kind(m).after(known).log_e + 1e-9


@given(kinds, means)
def test_nothing_seen_is_no_evidence(kind, m):
    assert kind(m).log_e <= 0.0
    assert MeanAbove(m).log_e == MeanAboveSince(m, 5).log_e == 0.0
    assert MeanAbove(m).after([None, None]) == MeanAbove(m)


def test_a_million_good_observations_neither_overflow_nor_ruin():
    state = MeanAbove(0.5).after([1.0] * 20_000).after([0.0] * 20_000)
    assert math.isfinite(state.log_e)
    assert math.isfinite(MeanAboveLately(0.05).after([1.0] * 20_000).log_e)


@pytest.mark.parametrize("m", [0.0, 1.0, -0.1, 1.5, math.nan, math.inf])
@pytest.mark.parametrize("kind", [MeanAbove, MeanAboveLately, lambda m: MeanAboveSince(m, 5)])
def test_a_bar_outside_the_unit_interval_is_refused(kind, m):
    with pytest.raises(MarginOutOfRange, match="margin below the clip"):
        kind(m)


@pytest.mark.parametrize("x", [-0.001, 1.001, math.nan, math.inf])
@pytest.mark.parametrize("kind", [MeanAbove, MeanAboveLately, lambda m: MeanAboveSince(m, 5)])
def test_an_observation_outside_the_unit_interval_is_refused(kind, x):
    with pytest.raises(ObservationOutOfRange, match="between 0 and 1"):
        kind(0.5).after([0.2, x])


def test_a_weighted_mean_in_logarithms():
    assert log_mean([3, 1], [math.log(2), math.log(4)]) == pytest.approx(math.log(2.5))
    assert log_mean([1, 1], [-math.inf, 0.0]) == pytest.approx(math.log(0.5))
    assert log_sum([]) == -math.inf


def runs_above(state, level, chance, *, runs, length, seed):
    """The share of runs of coins in which the evidence ever reaches a level."""
    rng = random.Random(seed)
    crossed = 0
    for _ in range(runs):
        now = state
        for _ in range(length // 5):
            now = now.after([float(rng.random() < chance) for _ in range(5)])
            if now.log_e >= level:
                crossed += 1
                break
    return crossed / runs


def test_exactly_at_the_bar_a_false_claim_is_as_rare_as_promised():
    promised = 0.05
    assert (
        runs_above(MeanAbove(0.9), -math.log(promised), 0.9, runs=300, length=300, seed=1)
        <= 0.06
    )
    since = MeanAboveSince(0.1, 5)
    assert runs_above(since, -math.log(promised), 0.1, runs=300, length=300, seed=2) <= 0.06


def test_harm_after_good_history_is_found_sooner_by_the_mixture_over_starts():
    good, bad = [0.0] * 60, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    needed = math.log(1 / 0.02 / 0.35)

    def delay(state):
        state = state.after(good)
        return next(n for n in range(1, 200) if state.after((bad * 20)[:n]).log_e >= needed)

    assert delay(MeanAboveSince(0.15, 5)) < delay(MeanAbove(0.15))
    assert delay(MeanAboveSince(0.15, 5)) <= 10


def test_weighted_bets_are_their_weighted_mean_and_even_weights_change_no_bit():
    seen = [1.0, 0.2, 0.9, 1.0]
    alone = [sum(math.log1p(bet / 0.8 * (x - 0.8)) for x in seen) for bet in BETS]
    weights = [0.02] * 9 + [0.82]
    mean = sum(w * math.exp(log) for w, log in zip(weights, alone, strict=True))
    assert MeanAbove.weighted(0.8, weights).after(seen).log_e == pytest.approx(math.log(mean))
    assert MeanAbove.weighted(0.8, None).after(seen).log_e == MeanAbove(0.8).after(seen).log_e


runs = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.25, 1.0, UNKNOWN, None]) | st.floats(0, 1), st.integers(1, 400)
    ),
    max_size=6,
)


@given(kinds, means, runs)
def test_what_comes_often_in_a_row_counts_to_the_last_digit_as_one_by_one(kind, m, runs):
    line = [x for x, times in runs for _ in range(times)]
    one_by_one = kind(m)
    for x in line:
        one_by_one = one_by_one.after([x])
    assert kind(m).after(line) == one_by_one


@given(means, runs)
def test_the_detector_comes_to_the_same_digits_as_its_formula(m, runs):
    line = [x for x, times in runs for _ in range(times) if x not in (UNKNOWN, None)]
    logs = MeanAboveLately(m).logs
    for x in line:
        gains = [math.log1p(bet / m * (x - m)) for bet in BETS]
        logs = tuple(
            [
                max(log, 0.0) + math.log1p(math.exp(-abs(log))) + gain
                for log, gain in zip(logs, gains, strict=True)
            ]
        )
    assert MeanAboveLately(m).after(line).logs == logs
