"""Moments in UTC and on the clinics' clock."""

from rollouts import a_policy

from cutover.zone import moment, zone_of
from policies.calendar import Calendar

EVENING_US = 1_795_279_800_000_000  # 2026-11-21 16:50 UTC


def test_the_calendar_says_the_zone_before_coverage_does():
    policy = a_policy()
    assert zone_of(policy) == policy.terms.coverage.zone
    with_calendar = policy.model_copy(update={"calendar": Calendar(zone="Asia/Kuching")})
    assert zone_of(with_calendar) == "Asia/Kuching"


def test_a_moment_is_told_in_both_with_the_day_where_it_is_another():
    told = moment(EVENING_US, "Asia/Kuala_Lumpur")
    assert told == "2026-11-21 16:50 UTC (Nov 22 00:50 Kuala Lumpur)"
    hour_before = moment(EVENING_US - 3_600_000_000, "Asia/Kuala_Lumpur")
    assert hour_before == "2026-11-21 15:50 UTC (23:50 Kuala Lumpur)"


def test_what_is_shown_is_never_before_the_moment():
    assert moment(1_500_000, "UTC") == "1970-01-01 00:00:02 UTC"
    assert moment(EVENING_US + 1, "Asia/Kuala_Lumpur") == (
        "2026-11-21 16:50:01 UTC (Nov 22 00:50:01 Kuala Lumpur)"
    )


def test_a_deployment_in_utc_is_told_one_time():
    assert moment(EVENING_US, "UTC") == "2026-11-21 16:50 UTC"
