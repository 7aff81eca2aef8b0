"""When a review is due: a table of cases, and laws for any clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.review.nights import Known, Night, due, newest
from policies.calendar import DAYS
from policies.reviews import Review

KL, NEW_YORK = "Asia/Kuala_Lumpur", "America/New_York"
DAY_US = 86_400_000_000
TERMS = Review()


def us(text, zone=KL):
    return (
        round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**6
    )


BEGUN = us("2026-11-01 09:00")
NOW = us("2026-11-27 12:00")  # a Friday
NIGHT = us("2026-11-27 03:10")


@pytest.mark.parametrize(
    ("last", "is_due"),
    [
        (us("2026-11-27 03:40"), False),  # this night's
        (NIGHT, False),
        (NIGHT - 1, True),
        (us("2026-11-26 03:40"), True),  # yesterday's
        (us("2026-11-20 03:40"), True),  # a week was missed, and is made up for once
        (us("2026-11-27 11:59"), False),  # somebody did it by hand
        (NOW, False),
        (NOW + 1, True),  # told by a clock that was wrong
        (NOW + 400 * DAY_US, True),
        (None, True),
    ],
)
def test_it_is_due_where_none_was_since_the_hour_came_last(last, is_due):
    found = due(TERMS, KL, NOW, Known(last, last, BEGUN))
    assert (found is not None) is is_due
    assert found is None or found.since_us == NIGHT


@pytest.mark.parametrize(
    ("begun", "is_due"), [(None, False), (NOW - 1, False), (NIGHT, False), (NIGHT - 1, True)]
)
def test_the_first_one_waits_for_the_first_night_of_the_log(begun, is_due):
    assert (due(TERMS, KL, NOW, Known(None, None, begun)) is not None) is is_due


def test_a_policy_may_want_none():
    assert due(Review(at=None), KL, NOW, Known(None, None, BEGUN)) is None


@pytest.mark.parametrize(
    ("weekday", "opened", "payloads"),
    [
        ("sun", us("2026-11-22 03:40"), False),  # this week's Sunday
        ("sun", us("2026-11-21 03:40"), True),  # the Sunday was missed
        ("sun", None, True),
        ("fri", us("2026-11-22 03:40"), True),
        ("sat", us("2026-11-22 03:40"), False),
        (None, None, False),
        ("sun", NOW + 1, True),
    ],
)
def test_payloads_are_opened_once_a_week_and_made_up_for_too(weekday, opened, payloads):
    known = Known(NIGHT - 1, opened, BEGUN)
    assert due(Review(payloads=weekday), KL, NOW, known) == Night(NIGHT, payloads)


@pytest.mark.parametrize(
    ("zone", "at", "now", "expected"),
    [
        (KL, "03:10", us("2026-11-27 03:09"), us("2026-11-26 03:10")),
        (KL, "24:00", us("2026-11-27 03:09"), us("2026-11-27 00:00")),
        ("UTC", "03:10", us("2026-11-27 12:00", "UTC"), us("2026-11-27 03:10", "UTC")),
        # 02:30 is left out on 2026-03-08 and comes twice on 2026-11-01
        (NEW_YORK, "02:30", us("2026-03-08 04:00", NEW_YORK), us("2026-03-08 03:30", NEW_YORK)),
        (NEW_YORK, "01:30", us("2026-11-01 06:00", NEW_YORK), us("2026-11-01 01:30", NEW_YORK)),
    ],
)
def test_the_hour_is_the_clinics_own(zone, at, now, expected):
    assert newest(at, zone, now) == expected


times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from(
    [KL, NEW_YORK, "UTC", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
moments = st.integers(us("2011-12-25 00:00"), us("2040-01-01 00:00"))


@given(times, zones, moments, st.sampled_from([None, *DAYS]))
def test_the_hour_that_came_last_is_never_to_come_and_less_than_two_days_or_nine_ago(
    at, zone, now, weekday
):
    found = newest(at, zone, now, weekday)
    # Samoa had no 30 December 2011: once, the day between two hours was 48 hours long.
    assert (
        found <= now < found + (2 * DAY_US + 3_600_000_000 if weekday is None else 9 * DAY_US)
    )
    if weekday:
        local = datetime.fromtimestamp(found // 10**6, UTC).astimezone(ZoneInfo(zone))
        assert weekday == DAYS[local.weekday()]


@given(times, zones, moments, st.one_of(st.none(), moments), st.one_of(st.none(), moments))
def test_whatever_is_known_one_review_makes_the_next_wait_for_another_night(
    at, zone, now, last, opened
):
    known = Known(last, opened, BEGUN)
    found = due(Review(at=at), zone, now, known)
    if found is None:
        return
    after = Known(now, now if found.payloads else opened, BEGUN)
    assert due(Review(at=at), zone, now, after) is None
    assert due(Review(at=at), zone, now + 3 * DAY_US, after) is not None


@given(times, zones, moments, st.lists(st.integers(-3 * DAY_US, 3 * DAY_US), max_size=20))
def test_a_clock_that_jumps_makes_one_review_a_night_and_one_a_jump_at_most(
    at, zone, now, jumps
):
    terms, known, many = Review(at=at), Known(now, now, BEGUN), 0
    for jump in jumps:
        now += jump
        for _ in range(3):  # it looks again and again
            if due(terms, zone, now, known):
                many, known = many + 1, Known(now, now, BEGUN)
    assert many <= len(jumps)
