"""The clocks of a controller."""

import time

from cutover import clocks


def test_all_tell_microseconds():
    assert clocks.now_us() > 1_700_000_000_000_000
    before = clocks.steady_us()
    assert before <= clocks.steady_us() < before + 3_600_000_000


def test_each_start_of_a_machine_has_its_name_where_the_system_tells(monkeypatch, tmp_path):
    assert clocks.boot() == clocks.boot()
    monkeypatch.setattr(clocks, "_BOOT", tmp_path / "none")
    assert clocks.boot() == ""


def test_what_this_thread_spent_is_told_in_microseconds():
    before, began = clocks.spent_us(), time.thread_time()
    while time.thread_time() - began < 0.01:
        pass
    assert clocks.spent_us() - before >= 9_000


def test_a_moment_is_told_in_utc_to_the_second():
    assert clocks.moment(1_700_000_000_900_000) == "2023-11-14 22:13:20 UTC"
