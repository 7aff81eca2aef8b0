"""Waits after wrong passwords."""

from hypothesis import given
from hypothesis import strategies as st

from cutover.identity.lockout import LONGEST_S, left_s, wait_s

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
