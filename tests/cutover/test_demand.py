"""How much is in flight in a busy hour, and whether there is room for more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.demand import HOUR_US, HOURS, Busy, peak, short

SECOND = 1_000_000


def test_the_busiest_hour_of_a_week_counts_and_older_ones_do_not():
    busy = Busy()
    for hour, requests in ((0, 900), (HOURS // 2, 600), (HOURS + 5, 300)):
        for number in range(requests):
            busy.add(hour * HOUR_US + number * SECOND, 4 * SECOND)
    assert busy.in_flight((HOURS + 5) * HOUR_US) == pytest.approx(600 * 4 / 3600)
    assert 0 not in busy.hours
    assert busy.in_flight(3 * HOURS * HOUR_US) == 0


@given(st.lists(st.tuples(st.integers(0, HOURS * HOUR_US), st.integers(0, 10**9)), max_size=20))
def test_the_order_of_comparisons_does_not_matter_within_a_week(rows):
    forth, back = Busy(), Busy()
    for row in rows:
        forth.add(*row)
    for row in rows[::-1]:
        back.add(*row)
    assert forth.in_flight(HOURS * HOUR_US) == back.in_flight(HOURS * HOUR_US)


@pytest.mark.parametrize(("mean", "expected"), [(0, 0), (1, 3), (4, 8), (25, 35), (0.25, 2)])
def test_twice_the_root_above_the_mean_is_seldom_exceeded(mean, expected):
    assert peak(mean) == expected


def test_how_much_is_missing_is_told():
    assert short("gpu", 4.0, 5.0, 15, 50.0) == ""
    assert short("gpu", 4.0, 5.0, 12, 50.0) == (
        "widening to 50 % would bring 15 requests in flight to gpu in a busy hour, and it takes 12: "
        "3 too many"
    )
