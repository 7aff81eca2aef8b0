"""When stored requests may be sent again: each thing that speaks against it, by itself."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cutover.resend.nights import Night, allowed, why_not
from policies.low_traffic import Resend


def at(clock):
    hour, minute = map(int, clock.split(":"))
    return round(datetime(2026, 3, 4, hour, minute, tzinfo=UTC).timestamp() * 1e6)


TERMS = Resend()
QUIET = Night(at("23:00"), sent=0, resent=0, live=10, busy=0)


def test_at_night_with_nobody_there_it_may_be():
    assert why_not(TERMS, "UTC", QUIET) == ""


@pytest.mark.parametrize(
    ("clock", "terms", "sends"),
    [
        ("21:59", {}, False),
        ("22:00", {}, True),
        ("00:00", {}, True),
        ("04:59", {}, True),
        ("05:00", {}, False),
        ("12:00", {"start": "12:00", "end": "13:00"}, True),
        ("13:00", {"start": "12:00", "end": "13:00"}, False),
        ("11:59", {"start": "12:00", "end": "13:00"}, False),
        ("23:59", {"start": "12:00", "end": "24:00"}, True),
    ],
)
def test_the_hours_are_kept_also_past_midnight(clock, terms, sends):
    found = why_not(Resend(**terms), "UTC", replace(QUIET, now_us=at(clock)))
    assert (found == "") is sends
    assert sends or f"it is {clock} in UTC" in found


def test_the_clock_is_that_of_the_clinic():
    assert (
        why_not(TERMS, "Asia/Kuala_Lumpur", replace(QUIET, now_us=at("23:00"))) != ""
    )  # 07:00 there
    assert why_not(TERMS, "Asia/Kuala_Lumpur", replace(QUIET, now_us=at("15:00"))) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"busy": 10}, "10 requests in the last minute"),
        ({"sent": 200}, "200 requests were sent in 24 hours"),
        ({"resent": 10}, "10 sessions of stored requests stand beside 10 of clients"),
        ({"live": 0}, "stand beside 0 of clients"),
    ],
)
def test_each_limit_holds_by_itself(changes, words):
    assert words in why_not(TERMS, "UTC", replace(QUIET, **changes))


@pytest.mark.parametrize(
    ("share", "live", "most"), [(0.5, 10, 10), (0.2, 8, 2), (0.2, 7, 1), (0.3, 7, 3)]
)
def test_resent_sessions_are_never_over_their_share_of_all(share, live, most):
    terms = Resend(at_most=share)
    assert allowed(terms, live) == most
    assert most <= share * (live + most) + 1e-9
    assert most + 1 > share * (live + most + 1)
