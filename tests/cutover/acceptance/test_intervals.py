"""Intervals: the published numbers, and none where n is too small for one."""

import pytest

from cutover.acceptance import intervals


def test_a_p95_has_an_upper_bound_from_72_on():
    assert intervals.quantile(range(71), 0.95).high is None
    found = intervals.quantile(range(72), 0.95)
    assert (found.value, found.high) == (68, 71)
    assert intervals.quantile([], 0.95) is None


def test_a_median_of_ten_lies_between_the_second_and_the_ninth():
    found = intervals.quantile(range(1, 11), 0.5)
    assert (found.low, found.high) == (2, 9)


def test_shares_have_the_bounds_of_clopper_and_pearson():
    found = intervals.share(8, 10)
    assert (found.low, found.high) == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert intervals.share(3687, 3687).low < 0.999 <= intervals.share(3688, 3688).low
    assert intervals.share(0, 10).high == pytest.approx(0.3085, abs=1e-4)
    assert intervals.share(0, 0) is None
