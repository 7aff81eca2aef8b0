import json

import pytest

from mirror.journal import events
from mirror.journal.apart import AGAIN_S, FAR_US, LOOK_S, Apart, stores_us
from mirror.journal.drain import now_us

HOUR_US = 3_600_000_000


@pytest.fixture
def looking(store):
    """Looks, with a clock that is off by so much; and the seconds that told events say."""
    steady_s = [100.0]

    class Looking:
        def __init__(self):
            self.off_us = 0
            self.apart = Apart(
                store,
                "gpu-2",
                lambda: 7 * HOUR_US + self.off_us,
                lambda: steady_s[0],
                lambda _: 7 * HOUR_US,
            )

        def after(self, seconds, off_us):
            steady_s[0] += seconds
            self.off_us = off_us
            self.apart.look()
            with store.read() as conn:
                told = [json.loads(one.body) for one in events.read(conn, "")]
            assert {(one["type"], one["object"]["id"]) for one in told} <= {
                ("clock.apart", "gpu-2")
            }
            return [one["details"]["off_s"] for one in told]

    return Looking()


def test_a_clock_that_is_far_from_the_stores_is_told_once_an_hour_and_when_it_is_right_again(
    store, looking
):
    if not store.shared:
        pytest.skip("a store on one machine has that machine's clock")
    assert looking.after(0, HOUR_US) == [3600]
    assert looking.after(LOOK_S, HOUR_US) == [3600]
    assert looking.after(AGAIN_S, HOUR_US) == [3600, 3600]
    assert looking.after(LOOK_S, 0) == [3600, 3600, 0]
    assert looking.after(LOOK_S, 0) == [3600, 3600, 0]
    assert looking.after(LOOK_S, -24 * HOUR_US) == [3600, 3600, 0, -86_400]


def test_it_is_not_looked_more_often_than_once_a_minute(store, looking):
    assert looking.after(0, 0) == []
    assert looking.after(LOOK_S - 1, HOUR_US) == []
    assert len(looking.after(2, HOUR_US)) == store.shared


@pytest.mark.parametrize("off_us", [0, FAR_US, -FAR_US])
def test_clocks_that_are_close_are_no_news(looking, off_us):
    assert looking.after(0, off_us) == []


def test_the_stores_clock_is_read_in_microseconds(store):
    if not store.shared:
        pytest.skip("a store on one machine has that machine's clock")
    assert abs(stores_us(store) - now_us()) < 60_000_000
