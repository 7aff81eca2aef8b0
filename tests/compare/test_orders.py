"""Laws of the measures of orders."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare import orders

ORDERS = st.permutations(range(12)).map(tuple)
SAME = tuple(range(12))
MEASURES = {
    "overlap": lambda one, other: orders.overlap(one, other, 10),
    "jaccard": lambda one, other: orders.jaccard(one, other, 10),
    "rbo": orders.rbo,
    "ndcg": orders.ndcg,
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@given(order=ORDERS)
def test_an_order_is_wholly_like_itself(measure, order):
    assert measure(order, order) == pytest.approx(1)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@given(order=ORDERS)
def test_nothing_is_more_alike_than_that_or_less_than_not_at_all(measure, order):
    assert 0 <= measure(SAME, order) <= 1 + 1e-9


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_orders_of_other_items_have_nothing_in_common(measure):
    assert measure(SAME, tuple(range(20, 32))) == 0


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_nothing_has_no_likeness(measure):
    assert math.isnan(measure((), ()))


@given(one=ORDERS, other=ORDERS)
def test_rank_biased_overlap_is_the_same_both_ways(one, other):
    assert orders.rbo(one, other) == pytest.approx(orders.rbo(other, one))


def test_the_first_places_weigh_most():
    swapped_first = (1, 0, *range(2, 12))
    swapped_last = (*range(10), 11, 10)
    for measure in (orders.rbo, orders.ndcg):
        assert measure(SAME, swapped_first) < measure(SAME, swapped_last)


def test_rank_biased_overlap_is_the_published_figure():
    # Two lists of three with the first two swapped, p = 0.9: X = 0, 2, 3.
    assert orders.rbo("abc", "bac") == pytest.approx(0.729 + (0.1 / 0.9) * (0.81 + 0.729))


def test_random_orders_have_what_chance_gives_them():
    chance = random.Random(7)
    found = [(tuple(chance.sample(SAME, 12))) for _ in range(4_000)]
    rbo = sum(orders.rbo(SAME, one) for one in found) / len(found)
    ndcg = sum(orders.ndcg(SAME, one) for one in found) / len(found)
    assert rbo == pytest.approx(orders.rbo_by_chance(12, 12), abs=0.01)
    assert ndcg == pytest.approx(orders.ndcg_by_chance(12, 10), abs=0.01)


def test_kendall_and_spearman_go_from_one_to_minus_one():
    up = np.arange(8.0)
    for measure in (orders.tau_b, orders.spearman):
        assert measure(up, up * 3 + 1) == pytest.approx(1)
        assert measure(up, -up) == pytest.approx(-1)


def test_kendall_with_ties_is_what_its_pairs_say():
    # Of six pairs one is tied on each side; four agree, none is against: 4 or 5 over 5.
    one, other = np.array([1.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 3.0])
    assert orders.tau_b(one, other) == pytest.approx(4 / 5)


def test_what_is_constant_has_no_correlation():
    flat, up = np.ones(5), np.arange(5.0)
    assert math.isnan(orders.spearman(flat, up))
    assert math.isnan(orders.tau_b(up, flat))


def test_equal_values_share_their_place():
    assert orders.ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [2.5, 1, 2.5, 4]
