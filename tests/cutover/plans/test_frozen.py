"""What is frozen, by the wall clock of a zone: with and without summer time, over midnights and jumps."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.plans.frozen import Almanac, Frozen, Span, frozen
from policies.calendar import Calendar

KEY = ("clinic-a", "chat")
KL, BERLIN = "Asia/Kuala_Lumpur", "Europe/Berlin"
NONE = lambda code, day: ""  # noqa: E731
YEAR_END = {"start": "2026-12-18", "end": "2027-01-03", "reason": "year end"}
NIGHTS = {"days": ["fri", "sat", "sun"], "start": "18:00", "end": "07:00", "reason": "no staff"}


def us(text, zone, fold=0):
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(local.timestamp()) * 1_000_000


def almanac(zone=KL, holidays=NONE, **parts):
    return Almanac(Calendar.model_validate({"zone": zone} | parts), holidays)


def at(text, given, *, key=KEY, fold=0, **more):
    return frozen(given, key, us(text, given.calendar.zone, fold), **more)


@pytest.mark.parametrize(
    ("moment", "is_frozen"),
    [
        ("2026-12-17 23:59:59", False),
        ("2026-12-18 00:00", True),
        ("2027-01-03 23:59:59", True),  # the last day counts whole
        ("2027-01-04 00:00", False),
    ],
)
def test_days_of_a_freeze_begin_and_end_at_midnight_of_the_zone(moment, is_frozen):
    found = at(moment, almanac(freezes=[YEAR_END]))
    assert bool(found) == is_frozen
    if found:
        assert (
            found.sentence
            == "frozen until 2027-01-03 16:00 UTC (Jan 04 00:00 Kuala Lumpur): year end"
        )


def test_another_zones_midnight_is_not_ours():
    given = almanac(freezes=[YEAR_END])
    assert (
        frozen(given, KEY, us("2026-12-17 16:00", "UTC")) is not None
    )  # midnight in Kuala Lumpur
    assert frozen(given, KEY, us("2026-12-17 15:59", "UTC")) is None


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-26 20:00", None),  # a Thursday
        ("2026-11-27 17:59", None),
        ("2026-11-27 18:00", "2026-11-28 07:00"),
        ("2026-11-28 06:59", "2026-11-28 07:00"),
        ("2026-11-28 07:00", None),
        ("2026-11-30 03:00", "2026-11-30 07:00"),  # Sunday's window, on Monday
        ("2026-12-01 03:00", None),
    ],
)
def test_a_weekly_window_runs_past_midnight(moment, until):
    found = at(moment, almanac(weekly=[NIGHTS]))
    assert found == (Frozen(us(until, KL), "no staff", KL) if until else None)


def test_spans_without_a_gap_are_told_as_one_with_the_reason_of_the_first():
    given = almanac(
        freezes=[
            YEAR_END,
            {"start": "2027-01-04", "end": "2027-01-04 12:00", "reason": "audit"},
        ]
    )
    assert at("2026-12-20 12:00", given).sentence == (
        "frozen until 2027-01-04 04:00 UTC (12:00 Kuala Lumpur): year end"
    )


def test_holidays_are_days_of_the_zone_by_date_or_by_code():
    named = lambda code, day: "Deepavali" if (code, str(day)) == ("MY-10", "2026-11-08") else ""  # noqa: E731
    given = Almanac(
        Calendar.model_validate({"zone": KL, "holidays": ["MY-10", "2026-12-24"]}), named
    )
    assert at("2026-11-08 00:00", given).sentence == (
        "frozen until 2026-11-08 16:00 UTC (Nov 09 00:00 Kuala Lumpur): holiday: Deepavali"
    )
    assert at("2026-11-09 00:00", given) is None
    assert at("2026-12-24 23:59", given).reason == "holiday"


def test_a_freeze_holds_only_the_rollouts_it_names():
    given = almanac(freezes=[YEAR_END | {"rollouts": ["clinic-b/*", "*/audio"]}])
    assert at("2026-12-20", given) is None
    assert at("2026-12-20", given, key=("clinic-b", "chat"))
    assert at("2026-12-20", given, key=("clinic-a", "audio"))


NIGHT = {"days": ["sun"], "start": "01:30", "end": "02:30", "reason": "backup"}


def test_where_the_clock_is_put_back_the_hour_that_comes_twice_is_frozen_both_times():
    given = almanac(BERLIN, weekly=[NIGHT])  # 2026-10-25: 03:00 becomes 02:00
    assert at("2026-10-25 01:29", given) is None
    for fold in (0, 1):
        assert at("2026-10-25 02:15", given, fold=fold)
    assert at("2026-10-25 02:45", given, fold=0)  # between the two 02:30
    assert at("2026-10-25 02:30", given, fold=1) is None


def test_a_start_that_comes_twice_is_the_first():
    window = NIGHT | {"start": "02:15", "end": "03:30"}
    given = almanac(BERLIN, weekly=[window])
    assert at("2026-10-25 02:14", given, fold=0) is None
    assert at("2026-10-25 02:15", given, fold=0)
    assert at("2026-10-25 02:10", given, fold=1)  # later, though the clock shows less


def test_where_the_clock_is_put_forward_an_end_that_never_comes_is_none_the_later():
    given = almanac(BERLIN, weekly=[NIGHT])  # 2026-03-29: 02:00 becomes 03:00
    assert at("2026-03-29 01:59:59", given)
    begins = us("2026-03-29 01:30", BERLIN)
    ends = at("2026-03-29 01:30", given).until_us
    assert ends - begins <= 3_600_000_000
    assert frozen(given, KEY, ends) is None


def test_a_clock_that_jumps_a_day_leaves_nothing_behind():
    given = almanac(freezes=[YEAR_END])
    inside, day = us("2026-12-18 10:00", KL), 86_400_000_000
    before = frozen(given, KEY, inside)
    assert frozen(given, KEY, inside - day) is None
    assert frozen(given, KEY, inside + 30 * day) is None
    assert frozen(given, KEY, inside) == before


def test_what_a_person_placed_holds_until_it_ends_and_without_a_calendar_too():
    given = Almanac(None, NONE)
    placed = [Span(100, 200, "audit (anna)"), Span(150, 0, "wrong doses (ben)")]
    assert frozen(given, KEY, 99, placed=placed) is None
    assert frozen(given, KEY, 120, placed=placed[:1]).until_us == 200
    found = frozen(given, KEY, 120, placed=placed)
    assert (found.until_us, found.reason) == (0, "audit (anna)")
    assert found.sentence == "frozen until the freeze is lifted: audit (anna)"


def test_broken_glass_opens_the_calendar_and_not_what_is_placed():
    given = almanac(freezes=[YEAR_END])
    assert at("2026-12-20", given, broken=True) is None
    assert at("2026-12-20", given, broken=True, placed=[Span(0, 0, "stop")]).reason == "stop"


@given(
    st.sampled_from([KL, BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2028-01-01")),
)
def test_whatever_the_moment_a_freeze_ends_when_it_says(zone, moment):
    given = almanac(zone, weekly=[NIGHTS], freezes=[YEAR_END])
    at_us = us(moment.isoformat(), zone)
    found = frozen(given, KEY, at_us)
    if found:
        assert found.until_us > at_us
        assert frozen(given, KEY, found.until_us) is None
        assert frozen(given, KEY, found.until_us - 1) is not None
        assert timedelta(microseconds=found.until_us - at_us) < timedelta(days=20)
