"""The clocks of a controller."""

import time

from cutover import clocks


def test_all_tell_microseconds():
    assert clocks.now_us() > 1_700_000_000_000_000
    before = clocks.steady_us()
    assert before <= clocks.steady_us() < before + 3_600_000_000


def test_what_was_spent_grows_with_work_and_not_with_waiting():
    before, began = clocks.spent_us(), time.thread_time()
    while time.thread_time() - began < 0.01:
        pass
    worked = clocks.spent_us() - before
    assert worked >= 9_000
    time.sleep(0.05)
    assert clocks.spent_us() - before < worked + 40_000
