"""The calendar's values: which days and times there are, and which rollouts a pattern takes."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from policies.calendar import Calendar, Freeze, Weekly, beginning, covers, ending

local = datetime.fromisoformat  # a time of a wall clock, of no zone
MONDAY, FRIDAY = date(2026, 12, 21), date(2026, 12, 25)


def weekly(**parts):
    return Weekly.model_validate({"days": ["fri"], "reason": "nobody on call"} | parts)


def test_days_count_whole_and_times_are_what_they_say():
    assert beginning("2026-12-24") == local("2026-12-24")
    assert ending("2026-12-24") == local("2026-12-25")
    assert ending("2026-12-24 18:00") == beginning("2026-12-24T18:00")


def test_a_window_starts_on_its_days_only():
    assert weekly().on(MONDAY) is None
    assert weekly().on(FRIDAY) == (local("2026-12-25"), local("2026-12-26"))


@pytest.mark.parametrize("end", ["07:00", "18:00"])
def test_a_window_that_ends_before_it_starts_runs_past_midnight(end):
    begins, ends = weekly(start="18:00", end=end).on(FRIDAY)
    assert begins == local("2026-12-25 18:00")
    assert ends == local(f"2026-12-26 {end}")


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("*/*", {"clinic-a/chat", "clinic-a/audio", "clinic-b/chat"}),
        ("clinic-a/*", {"clinic-a/chat", "clinic-a/audio"}),
        ("*/chat", {"clinic-a/chat", "clinic-b/chat"}),
        ("clinic-*/audio", {"clinic-a/audio"}),
        ("clinic/chat", set()),
    ],
)
def test_a_pattern_takes_whole_names(pattern, taken):
    keys = [("clinic-a", "chat"), ("clinic-a", "audio"), ("clinic-b", "chat")]
    assert {"/".join(key) for key in keys if covers((pattern,), *key)} == taken


@pytest.mark.parametrize(
    "freeze",
    [
        {"start": "2026-12-24", "end": "2026-12-23"},
        {"start": "2026-12-24 18:00", "end": "2026-12-24 18:00"},
        {"start": "2026-02-30", "end": "2026-03-01"},
        {"start": "2026-12-24 25:00", "end": "2026-12-25"},
        {"start": "soon", "end": "2026-12-25"},
        {"start": "2026-12-24", "end": "2026-12-25", "rollouts": ["clinic-a"]},
        {"start": "2026-12-24", "end": "2026-12-25", "rollouts": []},
    ],
)
def test_a_freeze_that_says_nothing_clear_is_refused(freeze):
    with pytest.raises(ValidationError):
        Freeze.model_validate({"reason": "year end"} | freeze)


@pytest.mark.parametrize(
    "parts", [{"start": "24:00"}, {"end": "24:30"}, {"days": ["moon"]}, {"days": []}]
)
def test_a_window_of_no_time_of_day_is_refused(parts):
    with pytest.raises(ValidationError):
        weekly(**parts)


@pytest.mark.parametrize("holiday", ["christmas", "my", "MY-10-1", "24.12.2026"])
def test_a_holiday_is_a_day_or_a_code(holiday):
    with pytest.raises(ValidationError):
        Calendar(holidays=(holiday,))
