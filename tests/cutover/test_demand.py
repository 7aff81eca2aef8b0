"""How much is in flight in a busy hour, and whether there is room for more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.demand import HOUR_US, HOURS, Busy, peak, short, unknown

SECOND = 1_000_000


def test_the_busiest_hour_of_a_week_counts_and_older_ones_do_not():
    busy = Busy()
    for hour, requests in ((0, 900), (HOURS // 2, 600), (HOURS + 5, 300)):
        for number in range(requests):
            busy.add(hour * HOUR_US + number * SECOND, 4 * SECOND, copy=False)
    assert busy.in_flight((HOURS + 5) * HOUR_US) == pytest.approx(600 * 4 / 3600)
    assert 0 not in busy.served | busy.copies
    assert busy.in_flight(3 * HOURS * HOUR_US) == 0
    assert busy.known((HOURS + 5) * HOUR_US) and not busy.known(3 * HOURS * HOUR_US)


def test_what_was_served_counts_whole_and_copies_for_all_that_were_not_copied():
    busy = Busy()
    for _ in range(900):
        busy.add(0, 2 * SECOND, copy=False)
    for _ in range(180):  # a fifth of another 900
        busy.add(0, 2 * SECOND, copy=True)
    assert busy.in_flight(0, 0.2) == pytest.approx(1.0)
    assert busy.in_flight(0) == pytest.approx(0.5)
    assert not Busy().known(0)


ROWS = st.tuples(st.integers(0, HOURS * HOUR_US), st.integers(0, 10**9), st.booleans())


@given(st.lists(ROWS, max_size=20))
def test_the_order_of_comparisons_does_not_matter_within_a_week(rows):
    forth, back = Busy(), Busy()
    for at_us, took_us, copy in rows:
        forth.add(at_us, took_us, copy=copy)
    for at_us, took_us, copy in rows[::-1]:
        back.add(at_us, took_us, copy=copy)
    end_us = HOURS * HOUR_US
    assert forth.in_flight(end_us, 0.5) == back.in_flight(end_us, 0.5)


@pytest.mark.parametrize(("mean", "expected"), [(0, 0), (1, 3), (4, 8), (25, 35), (0.25, 2)])
def test_twice_the_root_above_the_mean_is_seldom_exceeded(mean, expected):
    assert peak(mean) == expected


def test_how_much_is_missing_is_told():
    assert short("gpu", 4.0, 5.0, 15, 50.0) == ""
    assert short("gpu", 4.0, 5.0, 12, 50.0) == (
        "widening to 50 % would bring 15 requests in flight to gpu in a busy hour, and it takes 12: "
        "3 too many"
    )


def test_what_is_not_known_is_told():
    assert unknown("gpu", 50.0).startswith(
        "what widening to 50 % would bring to gpu is not known"
    )
