import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.quantities import quantities, times_a_day


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("metformin 500 mg", [(500, "mg")]),
        ("0.5 g, 500mg or 500,000 mcg", [(500, "mg"), (500, "mg"), (500, "mg")]),
        ("five hundred milligrams", [(500, "mg")]),
        ("two hundred and fifty mg", [(250, "mg")]),
        ("dua tablet", [(2, "")]),
        ("二百五十毫克", [(250, "mg")]),
        ("二甲双胍500毫克", [(500, "mg")]),
        ("5-10 mL", [(5, "ml"), (10, "ml")]),
        ("10 IU of insulin", [(10, "iu")]),
        ("HbA1c is 6.5%", [(6.5, "%")]),
        ("1,250.5 mg", [(1250.5, "mg")]),
        ("15 mg/kg", [(15, "mg/kg")]),
        ("for 2 weeks or 14 days", [(336, "hours"), (336, "hours")]),
        ("9个月", [(6570, "hours")]),
        ("B12 and H2O", []),
        ("no numbers here", []),
    ],
)
def test_quantities_are_brought_to_one_notation(text, found):
    assert [(one.value, one.kind) for one in quantities(text)] == found


def test_a_quantity_keeps_how_it_was_written_and_where():
    one = quantities("Take 50 mcg now")[0]
    assert (one.number, one.value, one.said, one.at) == (50, 0.05, "50 mcg", (5, 11))


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
    ],
)
def test_how_often_a_day_is_read_in_three_languages(text, times):
    assert times_a_day(text) == times


@given(st.text(max_size=120))
def test_no_text_is_too_odd(text):
    assert all(one.value >= 0 for one in quantities(text))
    times_a_day(text)


@given(st.text(alphabet="0123456789.,- mgkl一二十百千零两every hours每小时", max_size=60))
def test_no_row_of_digits_and_units_is_too_odd(text):
    quantities(text)
    times_a_day(text)
