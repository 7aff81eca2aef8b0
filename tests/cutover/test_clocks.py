"""The two clocks of a controller."""

from cutover import clocks


def test_both_tell_microseconds():
    assert clocks.now_us() > 1_700_000_000_000_000
    before = clocks.steady_us()
    assert before <= clocks.steady_us() < before + 3_600_000_000
