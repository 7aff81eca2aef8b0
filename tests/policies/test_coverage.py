"""Coverage refuses a zone that is none, and strata that leave time out or never come."""

from typing import Any

import pytest
from builders import two_sided
from pydantic import ValidationError

from policies.check import faults
from policies.coverage import DAY_NIGHT_AND_PEAK, Coverage, Stratum, minutes_of_the_week
from policies.policy import StratumMargins, Terms


def test_the_default_is_a_day_of_the_clinics_clock_with_its_night_and_peak() -> None:
    assert Coverage().asked == DAY_NIGHT_AND_PEAK
    assert Coverage().zone == "Asia/Kuala_Lumpur"
    assert Coverage(hours=2).asked == Coverage(strata=()).asked == ()


def test_a_policy_that_says_nothing_of_strata_is_written_down_as_before() -> None:
    assert Coverage().model_dump(mode="json") == {"hours": 24}
    assert Coverage(zone="UTC").model_dump(mode="json") == {"hours": 24, "zone": "UTC"}


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc", "Asia"])
def test_a_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="there is no time zone"):
        Coverage(zone=zone)


def test_every_minute_of_the_week_must_have_its_stratum() -> None:
    with pytest.raises(ValidationError, match=r"no stratum takes mon 00:00; let the last one"):
        Coverage(strata=(Stratum(name="day", start="07:00", end="21:00"),))
    whole = Coverage(
        strata=(Stratum(name="day", start="07:00", end="21:00"), Stratum(name="night"))
    )
    assert set(minutes_of_the_week(whole.asked)) == {"day", "night"}


def test_a_stratum_that_never_comes_is_refused() -> None:
    with pytest.raises(ValidationError, match="`night` never comes"):
        Coverage(
            strata=(Stratum(name="all"), Stratum(name="night", start="21:00", end="07:00"))
        )


def test_a_stratum_starts_within_a_day_and_may_pass_midnight() -> None:
    with pytest.raises(ValidationError, match="is the end of a day"):
        Stratum(name="late", start="24:00")
    late = Stratum(name="late", days=("sun",), start="23:00", end="01:00")
    minutes = sorted(late.minutes())
    assert (minutes[0], minutes[59], minutes[60], len(minutes)) == (0, 59, 7 * 1440 - 60, 120)


@pytest.mark.parametrize(
    ("margins", "words"),
    [
        ({"errors": 0.01}, "less than the gate's own 0.0185"),
        ({"latency": 0.04}, "less than the gate's own 0.05"),
        ({"flags": 0.03}, "less than the gate's own 0.04"),
        ({"equivalence": 0.1}, "less than the gate's own 0.15"),
        ({"equivalence": 0.5}, "must be smaller than the gate's `clip`, 0.5"),
    ],
)
def test_a_margin_narrower_than_the_gates_own_is_a_fault(
    margins: dict[str, Any], words: str
) -> None:
    terms = Terms(coverage=Coverage(margins=StratumMargins(**margins)))
    policy = two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    places = [
        place
        for place, message in faults(policy.model_copy(update={"terms": terms}))
        if words in message
    ]
    assert places == [("terms", "coverage", "margins", *margins)]
