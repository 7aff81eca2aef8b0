"""Faults of the calendar, with file, line and key."""

import pytest

from policies.load import PolicyError, parse

POLICY = """\
version: 1
deployment: d
upstreams:
  cloud: {base_url: https://api.openai.com/v1, location: cloud, models: [gpt-4o]}
  gpu: {base_url: http://10.0.0.3:8000/v1, location: onprem, models: [llama]}
tenants:
  clinic-a: {identify: {header: a}, cloud: allowed}
  clinic-b: {identify: {header: b}, cloud: allowed}
rollouts:
  - {tenant: clinic-a, route: chat, primary: &old {upstream: cloud, model: gpt-4o}, candidate: &new {upstream: gpu, model: llama}}
  - {tenant: clinic-b, route: chat, primary: *old, candidate: *new}
"""

CALENDAR = """\
calendar:
  zone: Asia/Kuala_Lumpur
  holidays: [MY-10, 2026-12-24]
  weekly:
    - {days: [fri, sat, sun], start: 18:00, end: 07:00, reason: nobody on call}
  freezes:
    - {start: 2026-12-18, end: 2027-01-03, reason: year end, rollouts: ["clinic-a/*"]}
"""


def found(text):
    with pytest.raises(PolicyError) as error:
        parse(POLICY + text, "p.yaml")
    return str(error.value)


def test_a_calendar_is_read_as_it_is_written():
    calendar = parse(POLICY + CALENDAR, "p.yaml").calendar
    assert calendar.weekly[0].start == "18:00"
    assert calendar.freezes[0].rollouts == ("clinic-a/*",)
    assert parse(POLICY, "p.yaml").calendar is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Asia/Kuala_Lumpur", "Asia/Kualalumpur", "p.yaml:13: calendar.zone: there is no time zone `Asia/Kualalumpur`; did you mean `Asia/Kuala_Lumpur`?"),
        ("Asia/Kuala_Lumpur", "../etc/passwd", "p.yaml:13: calendar.zone: there is no time zone"),
        ("MY-10", "MY-99", "p.yaml:14: calendar.holidays[0]: no part `99` of MY is known"),
        ("MY-10", "XX", "p.yaml:14: calendar.holidays[0]: no public holidays of `XX`"),
        ("2026-12-24", "2026-02-30", "p.yaml:14: calendar.holidays[1]: there is no such day: 2026-02-30"),
        ("2026-12-24", "xmas", "p.yaml:14: calendar.holidays[1]: must be a day as in 2026-12-24"),
        ("clinic-a/*", "clinic-x/*", "p.yaml:18: calendar.freezes[0].rollouts[0]: no rollout fits `clinic-x/*`"),
        ("2027-01-03", "2026-12-17", "p.yaml:18: calendar.freezes[0]: `end` is not after `start`"),
        ("07:00", "24:01", "p.yaml:16: calendar.weekly[0].end: must be a time of day, as in 18:00"),
        ("[fri, sat, sun]", "[moon]", "`moon` is not one of `mon`"),
        ("start: 2026-12-18", "begin: 2026-12-18", "is not a key here"),
    ],
)  # fmt: skip
def test_a_faulty_calendar_is_told_with_line_and_key(old, new, says):
    assert says in found(CALENDAR.replace(old, new))


@pytest.mark.parametrize(
    "windows",
    [
        "{days: [mon, tue, wed, thu, fri, sat, sun], reason: x}",
        "{days: [mon, tue, wed, thu, fri, sat, sun], start: 09:00, end: 09:00, reason: x}",
        '{days: [mon, tue, wed, thu, fri], reason: x}, {days: [sat, sun], reason: x, rollouts: ["clinic-b/*"]}',
    ],
)
def test_windows_that_leave_no_minute_of_the_week_are_a_fault(windows):
    said = found(f"calendar:\n  weekly: [{windows}]\n")
    assert "p.yaml:13: calendar.weekly: leave no minute of the week" in said
    assert "clinic-b/chat" in said


def test_a_minute_that_is_left_is_enough():
    days = "days: [mon, tue, wed, thu, fri, sat, sun]"
    text = f"calendar:\n  weekly: [{{{days}, start: 09:00, end: 08:59, reason: x}}]\n"
    assert parse(POLICY + text, "p.yaml").calendar
