"""Which pairs are drawn for people to read."""

import random

from hypothesis import given
from hypothesis import strategies as st

from cutover.approving.draw import Candidate, Why, _badness, _lot, lots

PAIRS = [
    Candidate(f"e{n:03}", fails=n % 50 == 0, reviews=n % 10 == 0, agreement=n / 200)
    for n in range(200)
]


def draw(*given):
    return lots(*given).drawn


def worst(drawn):
    return {one.exchange_id for one in drawn if one.why is Why.WORST}


def test_half_are_the_worst_by_flags_and_then_by_agreement():
    drawn = draw(PAIRS, 12, "seed")
    assert len(drawn) == 12
    assert worst(drawn) == {"e000", "e050", "e100", "e150", "e010", "e020"}


def test_whoever_has_the_seed_draws_the_same_and_another_seed_draws_others():
    shuffled = random.Random(1).sample(PAIRS, len(PAIRS))
    assert draw(PAIRS, 20, "seed") == draw(shuffled, 20, "seed")
    assert {one.exchange_id for one in draw(PAIRS, 20, "other")} != {
        one.exchange_id for one in draw(PAIRS, 20, "seed")
    }


def test_the_order_tells_nobody_which_are_the_worst():
    whys = [one.why for one in draw(PAIRS, 40, "seed")]
    assert whys != sorted(whys) and whys != sorted(whys, reverse=True)


def test_the_random_half_falls_on_any_pair_alike():
    rest = {one.exchange_id for one in PAIRS} - worst(draw(PAIRS, 4, ""))
    fell = {
        one.exchange_id
        for seed in range(1_000)
        for one in draw(PAIRS, 4, str(seed))
        if one.why is Why.RANDOM
    }
    assert fell == rest


@given(st.integers(0, 30), st.integers(1, 30))
def test_so_many_as_asked_or_all_there_are_and_each_once(there, many):
    drawn = draw(PAIRS[:there], many, "seed")
    assert len(drawn) == len({one.exchange_id for one in drawn}) == min(there, many)


def test_a_pair_without_a_score_is_not_the_worst_for_that():
    pairs = [Candidate("a", 0, 0, None), Candidate("b", 0, 0, 0.9), Candidate("c", 0, 0, 0.2)]
    assert worst(draw(pairs, 2, "seed")) == {"c"}


@given(st.integers(0, 30), st.integers(1, 30))
def test_it_is_told_of_how_many_they_were_drawn(there, many):
    found = lots(iter(PAIRS[:there]), many, "seed")
    assert (found.seed, found.of) == ("seed", there)


@given(st.integers(1, 40), st.text(max_size=3))
def test_to_keep_no_more_than_are_drawn_changes_no_draw(many, seed):
    known = sorted(PAIRS, key=_badness, reverse=True)
    rest = sorted(known[many // 2 :], key=lambda one: _lot(one, seed))
    expected = {one.exchange_id: Why.RANDOM for one in rest[: many - many // 2]}
    expected |= {one.exchange_id: Why.WORST for one in known[: many // 2]}
    assert {one.exchange_id: one.why for one in draw(PAIRS, many, seed)} == expected
