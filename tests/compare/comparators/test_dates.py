from datetime import UTC, date, datetime

import pytest

from compare.comparators.dates import days, days_in, moment

THE_DAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04", "2026/3/4", "4 March 2026", "4th March 2026", "4 Mac 2026", "March 4, 2026",
        "Mar. 4 2026", "4-Mar-2026", "2026年3月4日", "4 mac 2026",
    ],
)  # fmt: skip
def test_one_day_is_written_in_many_ways(text):
    assert days(text) == {THE_DAY}


def test_a_day_in_digits_alone_may_mean_two():
    assert days("04/03/2026") == {THE_DAY, date(2026, 4, 3)}
    assert days("14/03/2026") == {date(2026, 3, 14)}


@pytest.mark.parametrize(
    "text", ["", "2026", "March", "on 2026-03-04 at noon", "2026-02-30", "12.5", "120/80/2026x"]
)
def test_what_is_no_day_is_none(text):
    assert days(text) == frozenset()


def test_a_moment_is_the_same_in_every_zone():
    assert moment("2026-03-04T18:00:00+08:00") == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert moment("2026-03-04 18:00").tzinfo is None
    assert moment("2026-03-04") is None and moment("2026-03-04T99:00") is None
    assert moment("0001-01-01T00:00:00+14:00") is None


def test_the_days_of_a_text_are_found_among_its_words():
    text = "Seen on 4 March 2026, again on 2026-04-07 and 2026年5月6日; paid 12.5 of 300."
    assert days_in(text) == {THE_DAY, date(2026, 4, 7), date(2026, 5, 6)}
    assert days_in("no day, 120/80, " + "1" * 10_000) == frozenset()
