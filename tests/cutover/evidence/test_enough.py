"""How many more observations would be enough."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.enough import more_until, observations_until
from cutover.evidence.eprocess import MeanAbove, log_sum


@pytest.mark.parametrize(("bar", "sessions"), [(0.10, 43), (0.05, 87), (0.0185, 240)])
def test_nothing_is_shown_before_its_hard_floor(bar, sessions):
    needed = -math.log(0.05)
    assert observations_until(1 - bar, 1.0, needed) == sessions
    spotless = MeanAbove(1 - bar).after([1.0] * (sessions - 1))
    assert spotless.log_e < needed <= spotless.after([1.0]).log_e


def test_the_estimate_of_what_is_missing_is_right_for_sessions_like_those_seen():
    seen = MeanAbove(0.9).after([1.0] * 30)
    assert more_until(seen, -math.log(0.05)) == 13
    assert more_until(MeanAbove(0.9).after([1.0] * 60), -math.log(0.05)) == 0
    assert more_until(MeanAbove(0.9).after([0.5] * 60), -math.log(0.05), limit=1000) == 1000
    assert more_until(MeanAbove(0.9), -math.log(0.05), limit=1000) == 1000


@given(
    st.lists(st.floats(0.4, 1.0), min_size=1, max_size=60),
    st.floats(0.05, 0.95),
    st.sampled_from([math.log(20), 1.0, 8.0]),
    st.sampled_from([None, [0.05] * 9 + [0.55], [0.91] + [0.01] * 9]),
)
def test_the_estimate_is_the_first_number_that_reaches_the_level(seen, m, needed, weights):
    shown = MeanAbove.weighted(m, weights).after(seen)

    def level(more):
        grown = 1 + more / shown.n
        gains = MeanAbove(m).after(seen).logs
        return log_sum(
            math.log(weight) + gain * grown
            for weight, gain in zip(weights or [0.1] * 10, gains, strict=True)
        )

    found = more_until(shown, needed, 3_000)
    if found < 3_000:
        assert level(found) >= needed
        assert found == 0 or level(found - 1) < needed
    else:
        assert level(2_999) < needed
