"""How fast sessions come, and when there will be enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.pace import DAY_US, HOUR_US, Pace, when

NOON = 20_000 * DAY_US + DAY_US // 2


def steadily(days, a_day, first=NOON):
    return [first + n * DAY_US // a_day for n in range(days * a_day)]


def test_a_steady_pace_is_told_as_it_is():
    for days in (1, 3, 20):
        pace = Pace().after(steadily(days, 40))
        assert pace.a_day(NOON + days * DAY_US) == pytest.approx(40, rel=0.01)


def test_only_the_last_week_counts_and_silence_slows_it():
    pace = Pace().after(steadily(10, 400)).after(steadily(7, 40, NOON + 10 * DAY_US))
    assert pace.a_day(NOON + 17 * DAY_US + DAY_US // 2) == pytest.approx(40, rel=0.2)
    assert pace.a_day(NOON + 20 * DAY_US) < 30
    assert pace.a_day(NOON + 60 * DAY_US) is None


def test_in_the_first_hour_and_without_sessions_no_pace_is_known():
    pace = Pace().after([NOON])
    assert pace.a_day(NOON + HOUR_US - 1) is None
    assert pace.a_day(NOON + HOUR_US) == pytest.approx(24)
    assert Pace().a_day(NOON) is None


def test_many_sessions_tell_a_pace_within_minutes_and_a_few_do_not():
    many = Pace().after([NOON + n * 1_000_000 for n in range(600)])
    assert many.a_day(NOON + HOUR_US // 6 - 1) is None
    assert many.a_day(NOON + HOUR_US // 6) == pytest.approx(86_400)
    few = Pace().after([NOON + n * 1_000_000 for n in range(99)])
    assert few.a_day(NOON + HOUR_US // 2) is None


def test_why_there_is_no_pace_is_told():
    some = Pace().after([NOON])
    assert Pace().unknown(NOON) == ""
    assert some.unknown(NOON + HOUR_US - 1) == "too early to tell how long"
    assert some.unknown(NOON + HOUR_US) == ""
    assert some.unknown(NOON + 9 * DAY_US) == "and none came in the last 7 days"


@given(st.lists(st.integers(0, 30 * DAY_US), max_size=60), st.integers(0, 60))
def test_sessions_in_any_portions_give_the_same_pace_in_few_numbers(starts, cut):
    whole = Pace().after(starts)
    assert Pace().after(starts[:cut]).after(starts[cut:]) == whole
    assert len(whole.days) <= 8
    assert whole.first_us == min(starts, default=None)


@pytest.mark.parametrize(
    ("sessions", "a_day", "words"),
    [
        (480, 40, "about 12 days at 40 sessions a day"),
        (40, 40, "about 24 hours at 40 sessions a day"),
        (1, 40, "about 1 hour at 40 sessions a day"),
        (100, 2.5, "about 40 days at 2.5 sessions a day"),
        (43, 12_000, "about 1 hour at 12,000 sessions a day"),
        (100, None, ""),
    ],
)
def test_how_long_it_takes_is_told_in_hours_and_then_in_days(sessions, a_day, words):
    assert when(sessions, a_day) == words
