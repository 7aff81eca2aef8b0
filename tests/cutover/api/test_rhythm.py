"""Jobs go on whatever becomes of the wall clock. The library's own clock is set here, that of the machine is not."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from deployed import until
from hypothesis import given
from hypothesis import strategies as st

from cutover import clocks
from cutover.api import rhythm
from cutover.api.rhythm import LOOK_S, Every, waits_too_long

DAY_S = 86_400.0


class Wall:
    """The time of day, as far as it was set."""

    def __init__(self, monkeypatch):
        self.set_by_s = 0.0
        wall = self

        class Shown(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromtimestamp(wall.now_us() / 1e6, tz)

        monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shown)

    def now_us(self):
        return clocks.now_us() + round(self.set_by_s * 1e6)


@pytest.mark.parametrize(
    "jumps", [[DAY_S, -DAY_S], [-120.0], [40 * 365 * DAY_S], [-DAY_S, DAY_S, -DAY_S]]
)
def test_a_clock_that_is_set_stops_no_job_and_has_none_made_up_for(monkeypatch, jumps):
    wall, done = Wall(monkeypatch), []
    jobs = [(lambda: done.append(1), 0.05), (lambda: done.append(2), 0.2)]
    with rhythm.rhythm(jobs, wall.now_us):
        until(lambda: {1, 2} <= set(done), 30)
        for by_s in jumps:
            wall.set_by_s += by_s
            done.clear()
            until(lambda: {1, 2} <= set(done), 30)
        assert len(done) < 10_000, "what was missed was made up for, one by one"


def test_a_job_that_fails_is_done_again_and_others_do_not_wait_for_one_that_takes_long():
    done, long = [], threading.Event()

    def failing():
        done.append("failing")
        raise ValueError("no")

    with rhythm.rhythm([(failing, 0.02), (lambda: long.wait(30), 0.02)]):
        until(lambda: done.count("failing") > 2, 30)
        long.set()


NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@given(st.floats(0.01, 1e6), st.none() | st.datetimes(timezones=st.just(UTC)))
def test_the_next_time_is_reckoned_from_now_and_never_from_the_last(seconds, previous):
    assert Every(seconds).get_next_fire_time(previous, NOON) == NOON + timedelta(
        seconds=seconds
    )


@pytest.mark.parametrize(
    ("in_s", "too_long"),
    [(-DAY_S, False), (0.0, False), (5.0, False), (5.9, False), (6.1, True), (DAY_S, True)],
)
def test_a_job_waits_no_longer_than_its_interval_and_a_look(in_s, too_long):
    job = SimpleNamespace(trigger=Every(5.0), next_run_time=NOON + timedelta(seconds=in_s))
    assert LOOK_S == 1.0
    assert waits_too_long(job, NOON) == too_long
    assert not waits_too_long(SimpleNamespace(trigger=Every(5.0), next_run_time=None), NOON)
