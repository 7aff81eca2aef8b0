import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.quantities import number_of, quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("metformin 500 mg", [(500, "mg")]),
        ("0.5 g, 500mg or 500,000 mcg", [(500, "mg"), (500, "mg"), (500, "mg")]),
        ("five hundred milligrams", [(500, "mg")]),
        ("two hundred and fifty mg", [(250, "mg")]),
        ("tiga puluh minit", [(0.5, "hours")]),
        ("dua ratus lima puluh mg, dua belas", [(250, "mg"), (12, "")]),
        ("dua puluh lima, sebelas, seratus dua puluh", [(25, ""), (11, ""), (120, "")]),
        ("dua tablet", [(2, "tablet")]),
        ("two puffs, 3 titis, 两片", [(2, "puff"), (3, "drop"), (2, "tablet")]),
        (".5 mg", [(0.5, "mg")]),
        ("5.0 mg", [(5, "mg")]),
        ("two point five milligrams", [(2.5, "mg")]),
        ("six fifty milligrams, one hundred twenty five", [(650, "mg"), (125, "")]),
        ("five and ten", [(5, ""), (10, "")]),
        ("10U of insulin, 50 ug", [(10, "iu"), (0.05, "mg")]),
        ("creatinine 1.4 mg/dL, hemoglobin 12 g/dl", [(1.4, "mg/dl"), (12, "g/dl")]),
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
    assert (one.number, one.value, one.unit) == (50, 0.05, "mcg")
    assert (one.said, one.at) == ("50 mcg", (5, 11))


@pytest.mark.parametrize(
    ("said", "value"),
    [("12", 12), ("twenty one", 21), ("lapan", 8), ("二十", 20), ("3一", 0), ("many", 0)],
)
def test_a_number_is_read_by_itself(said, value):
    assert number_of(said) == value


@given(st.text(max_size=120))
def test_no_text_is_too_odd(text):
    assert all(one.value >= 0 for one in quantities(text))


@given(st.text(alphabet="0123456789.,- mgkl一二十百千零两every hours每小时", max_size=60))
def test_no_row_of_digits_and_units_is_too_odd(text):
    quantities(text)
