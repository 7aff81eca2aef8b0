"""Moments on the clinics' clock."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards.clock import Clock

MOMENT_US = 1_795_234_200_000_000
KUALA_LUMPUR = Clock("Asia/Kuala_Lumpur")


def test_a_moment_is_given_in_utc_and_on_the_clinics_clock():
    assert KUALA_LUMPUR.when(MOMENT_US) == "2026-11-21 04:10 UTC (12:10 Kuala Lumpur)"
    assert KUALA_LUMPUR.time_of_day(MOMENT_US) == "04:10:00 UTC (12:10:00 Kuala Lumpur)"


def test_another_day_there_is_named():
    evening = KUALA_LUMPUR.when(1_795_284_000_000_000)
    assert evening == "2026-11-21 18:00 UTC (Nov 22 02:00 Kuala Lumpur)"


@pytest.mark.parametrize("zone", ["UTC", "Mars/Olympus_Mons", "", "../../etc/passwd", "\x00"])
def test_a_clinic_on_utc_or_on_a_clock_nobody_knows_is_told_utc_alone(zone):
    assert Clock(zone).when(MOMENT_US) == "2026-11-21 04:10 UTC"
    assert Clock(zone).time_of_day(MOMENT_US) == "04:10:00 UTC"


def test_a_day_begins_at_midnight_there():
    day = date(2026, 11, 21)
    assert KUALA_LUMPUR.when(KUALA_LUMPUR.midnight_us(day)).endswith(
        "(Nov 21 00:00 Kuala Lumpur)"
    )
    assert Clock().when(Clock().midnight_us(day)) == "2026-11-21 00:00 UTC"
    assert Clock("Mars/Olympus_Mons").midnight_us(day) == Clock().midnight_us(day)
    assert KUALA_LUMPUR.midnight_us(date.min) == 0
