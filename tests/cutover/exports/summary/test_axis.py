from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.exports.summary.axis import MOST, ends, ticks

DAY_US = 86_400_000_000


def us(*date):
    return int(datetime(*date, tzinfo=UTC).timestamp()) * 1_000_000


def words(begins, ends):
    return [one.told for one in ticks((us(*begins), us(*ends)))]


@pytest.mark.parametrize(
    ("begins", "ends", "told"),
    [
        ((2026, 11, 18, 6), (2026, 11, 18, 12), ["06:00", "07:00", "08:00", "09:00", "10:00", "11:00", "12:00"]),
        ((2026, 11, 18, 16), (2026, 11, 19, 16), ["18:00", "19 Nov", "06:00", "12:00"]),
        ((2026, 11, 18), (2026, 11, 21), ["18 Nov", "12:00", "19 Nov", "12:00", "20 Nov", "12:00", "21 Nov"]),
        ((2026, 11, 18, 6, 0, 2), (2026, 11, 18, 6, 0, 20), ["06:00:05", "06:00:10", "06:00:15", "06:00:20"]),
        ((2026, 1, 1), (2026, 7, 1), [f"{name} 2026" for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul")]),
        ((1970, 1, 1), (2255, 1, 1), ["Jan 2000", "Jan 2050", "Jan 2100", "Jan 2150", "Jan 2200", "Jan 2250"]),
    ],
)  # fmt: skip
def test_a_span_of_any_length_has_times_that_people_read(begins, ends, told):
    assert words(begins, ends) == told


@given(st.integers(0, 2**52), st.integers(1, 2**52))
def test_times_are_in_the_span_in_order_each_once_and_never_too_many(begins, long):
    span = begins, begins + long
    found = [one.at_us for one in ticks(span)]
    assert found == sorted(set(found)) and len(found) <= MOST
    assert all(span[0] <= at_us <= span[1] for at_us in found)


@given(st.integers(0, 2**52), st.integers(2_000_000, 2**52))
def test_whoever_reads_a_span_of_seconds_or_more_is_given_a_time(begins, long):
    assert ticks((begins, begins + long))


def test_both_ends_say_their_zone_and_are_as_fine_as_they_must_be():
    begins = us(2026, 11, 18, 6)
    assert ends((begins, begins + DAY_US)) == ("2026-11-18 06:00 UTC", "2026-11-19 06:00 UTC")
    assert ends((begins, begins + 1_000_000))[1] == "2026-11-18 06:00:01 UTC"
    assert ends((begins, begins + 1))[1] == "2026-11-18 06:00:00.000001 UTC"
