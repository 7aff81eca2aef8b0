"""How often, in English, Malay and Chinese."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.frequencies import frequencies


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("twice daily", {2}),
        ("three times a day", {3}),
        ("4 times per day", {4}),
        ("BID", {2}),
        ("t.d.s. with food", {3}),
        ("every 8 hours", {3}),
        ("every 4 to 6 hours", {6, 4}),
        ("q6h", {4}),
        ("setiap 6 jam", {4}),
        ("dua kali sehari", {2}),
        ("sekali sehari", {1}),
        ("每日两次", {2}),
        ("一天3次", {3}),
        ("每4至6小时", {6, 4}),
        ("5 mg daily", {1}),
        ("at most 4 g a day", set()),
        ("od", {1}),
        ("q.o.d., selang sehari, 隔日", {0.5}),
        ("once a week, seminggu sekali, 每周一次, weekly", {0.143}),
        ("twice a month", {0.067}),
        ("two to three times daily", {2, 3}),
        ("8-hourly", {3}),
        ("every eight hours", {3}),
        ("sehari tiga kali", {3}),
        ("setiap hari", {1}),
        ("2x daily, 2x a day, 2×/day, 2 x per day", {2}),
        ("3x sehari, 3 x sehari, sehari 3x, 3 kali/hari", {3}),
        ("2 x 5 mg a day, sehari 2 x 5 mg", set()),
        ("daily activities, a daily dose, in the morning and at night", set()),
    ],
)
def test_how_often_a_day_is_read_in_three_languages(text, times):
    assert {one.times for one in frequencies(text)} == times


def test_a_frequency_keeps_how_it_was_written_and_where():
    (one,) = frequencies("metformin twice daily")
    assert (one.said, one.at) == ("twice daily", (10, 21))


@given(st.text(alphabet="0123456789- timesatodyqh. kali每日次一二小时", max_size=60))
def test_no_row_of_words_and_digits_is_too_odd(text):
    assert all(one.times >= 0 for one in frequencies(text))
