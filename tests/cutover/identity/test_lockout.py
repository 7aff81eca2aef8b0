"""Waits after wrong passwords."""

from hypothesis import given
from hypothesis import strategies as st

from cutover.identity.lockout import LONGEST_S, MANY, all_left_s, forgiven, left_s, wait_s

SECOND_US = 1_000_000


def test_a_few_cost_nothing_and_then_each_costs_twice_the_last():
    assert [wait_s(n) for n in range(9)] == [0, 0, 0, 0, 0, 2, 4, 8, 16]
    assert wait_s(10**9) == LONGEST_S == 900


@given(st.integers(0, 100), st.integers(0, 10**15), st.integers(-(10**10), 10**10))
def test_a_wait_is_never_longer_than_it_is_and_ends(failures, failed_us, gone_us):
    left = left_s(failures, failed_us, failed_us + gone_us)
    assert 0 <= left <= wait_s(failures)
    assert left_s(failures, failed_us, failed_us + LONGEST_S * SECOND_US) == 0


@given(st.integers(0, 100), st.integers(1, 10**15))
def test_of_a_clock_that_was_set_back_no_wait_is_left(failures, ahead_us):
    assert left_s(failures, 10**15 + ahead_us, 10**15) == 0


def test_of_those_from_everywhere_one_a_minute_is_forgiven():
    assert forgiven(5, 0, 59 * SECOND_US) == (5, 0)
    assert forgiven(5, 0, 119 * SECOND_US) == (4, 60 * SECOND_US)
    assert forgiven(5, 0, 300 * SECOND_US) == (0, 300 * SECOND_US)
    assert forgiven(0, 0, 7) == (0, 7)
    assert forgiven(5, 100, 7) == (5, 7), "a clock that was set back begins the minute anew"


def test_many_from_everywhere_wait_until_one_is_forgiven():
    assert all_left_s(MANY - 1, 0, 0) == 0
    assert [all_left_s(MANY, 0, second * SECOND_US) for second in (0, 1, 59)] == [60, 59, 1]
