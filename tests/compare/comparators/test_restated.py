"""Counts of tablets and totals of a day, right beside a dose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.quantities import quantities
from compare.comparators.restated import Total, count, total


def dose(text, said):
    """The quantity of a text that was written so."""
    return next(one for one in quantities(text) if one.said == said)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("amlodipine 5 mg x 2 tablets", 2),
        ("amlodipine 5 mg x2 tabs", 2),
        ("amlodipine 5 mg, 2 tablets", 2),
        ("amlodipine 5 mg tablets, take two daily", 2),
        ("amlodipine 5 mg tablet x 2", 2),
        ("two 5 mg tablets", 2),
        ("2 x 5 mg", 2),
        ("2 tablets of 5 mg", 2),
        ("two tablets of amlodipine 5 mg", 2),
        ("two amlodipine 5 mg tablets", 2),
        ("3 capsules, 5 mg each", 3),
        ("half of a 5 mg tablet", 0.5),
        ("amlodipine 5 mg, take half a tablet", 0.5),
        ("amlodipine 5 mg, ½ tab", 0.5),
        ("amlodipine 5 mg 1/2 tablet", 0.5),
        ("amlodipine 5 mg, one and a half tablets", 1.5),
        ("amlodipine 5 mg, 1.5 tablets", 1.5),
        ("amlodipine 5 mg x 2 biji", 2),
        ("dua biji 5 mg", 2),
        ("setengah biji 5 mg", 0.5),
        ("amlodipine 5 mg", 1),
        ("amlodipine 5 mg x 2 days", 1),
        ("amlodipine 5 mg tablets x 2 days", 1),
        ("amlodipine 5 mg 2 times a day", 1),
        ("amlodipine 5 mg. Two tablets of aspirin", 1),
        ("2 tablets (5 mg) of it", 1),  # it may be both tablets
        ("amlodipine 5 mg x 10 tablets", 1),  # what is handed out
        ("12 tablets of 5 mg", 1),
        ("day 2: 5 mg", 1),
        ("ratio 3/2 x 5 mg", 1),
    ],
)
def test_a_count_stands_right_beside_the_strength(text, times):
    assert count(text, dose(text, "5 mg")) == times


@pytest.mark.parametrize(
    "text", ["5毫克×2片", "两片5毫克", "每次2片（每片5毫克）", "5毫克片，每次2片"]
)
def test_tablets_are_counted_in_chinese(text):
    assert count(text, dose(text, "5毫克")) == 2


def test_only_masses_are_counted():
    text = "2 x 10 units"
    assert count(text, dose(text, "10 units")) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500 mg twice a day (total 1 g daily)", Total.IN_ALL),
        ("Total daily dose: 1 g.", Total.IN_ALL),
        ("a total of 1 g per day", Total.IN_ALL),
        ("1 g a day in all", Total.IN_ALL),
        ("1 g total", Total.IN_ALL),
        ("jumlah 1 g sehari", Total.IN_ALL),
        ("jumlah harian ialah 1 g", Total.IN_ALL),
        ("that is 1 g per day", Total.A_DAY),
        ("1 g/day", Total.A_DAY),
        ("1 g in 24 hours", Total.A_DAY),
        ("iaitu 1 g sehari", Total.A_DAY),
        ("at most 1 g a day", Total.AT_MOST),
        ("tidak melebihi 1 g sehari", Total.AT_MOST),
        ("1 g", Total.NO),
        ("1 g daily", Total.NO),  # a dose as it is prescribed
        ("1 g twice a day (total 2 g)", Total.NO),
        ("a total of 1 g twice daily", Total.NO),
        ("1 g total twice a day", Total.NO),
        ("1 g. In total he is well", Total.NO),
    ],
)
def test_a_total_is_what_words_beside_it_call_so(text, expected):
    assert total(text, dose(text, "1 g")) is expected


@pytest.mark.parametrize("text", ["每日总量1克", "一天共1克", "全天总剂量为1克", "每天合计1克"])
def test_totals_are_told_in_chinese(text):
    assert total(text, dose(text, "1克")) is Total.IN_ALL


@given(
    st.lists(
        st.sampled_from(
            [
                "two ",
                "5 mg ",
                "tablets ",
                "x ",
                "of ",
                "total ",
                "a day ",
                "twice ",
                "每片",
                "1克",
                "( ",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_no_row_of_such_words_is_too_odd(text):
    for one in quantities(text):
        assert 0.5 <= count(text, one) <= 9
        assert total(text, one) in Total
