"""Numbers, doses and frequencies in one notation."""

import pytest

from compare.figures import in_figures, joined
from compare.speech import heard

SAME = [
    ("take five hundred milligrams", "take 500 mg", "en"),
    ("one gram of ceftriaxone", "1000 mg of ceftriaxone", "en"),
    ("metformin twice a day", "metformin BID", "en"),
    ("one fifty over ninety", "150/90", "en"),
    ("ten milliliters", "10 ml", "en"),
    ("ambil dua biji, lima ratus miligram", "ambil 2 biji, 500 mg", "ms"),
    ("dua kali sehari", "2 kali sehari", "ms"),
    ("suhu tiga puluh lapan darjah", "suhu 38 darjah", "ms"),
    ("seratus dua puluh per lapan puluh", "120/80", "ms"),
    ("服用二甲双胍五百毫克，每日两次", "服用二甲双胍500毫克，每日2次", "zh"),
    ("服用二甲双胍五百毫克", "服用二甲双胍 500 mg", "zh"),
]
OTHER = [
    ("take fifteen milligrams", "take fifty milligrams", "en"),
    ("take 5 mg", "take 5 mcg", "en"),
    ("metformin twice a day", "metformin three times a day", "en"),
    ("lima ratus miligram", "lima puluh miligram", "ms"),
    ("nombor satu lima tiga", "nombor tiga lima satu", "ms"),
    ("五百毫克", "五十毫克", "zh"),
]


@pytest.mark.parametrize(("one", "other", "language"), SAME)
def test_notation_alone_takes_nothing_from_the_agreement(one, other, language):
    assert heard(one, other, language).mer == 0


@pytest.mark.parametrize(("one", "other", "language"), OTHER)
def test_another_number_unit_or_frequency_is_another_word(one, other, language):
    assert heard(one, other, language).mer > 0


def test_the_notation_is_of_the_text_s_own_language():
    assert "500 毫克" in in_figures("二甲双胍五百毫克", "zh")
    assert in_figures("dua kali sehari", "ms").split() == ["2", "kali", "sehari"]
    assert in_figures("seventy kilograms", "en").strip() == "70 kg"


@pytest.mark.parametrize("said", ["nineteen sixty two", "ten days", "1" * 400 + " mg", ""])
def test_what_is_told_otherwise_or_is_no_number_stays(said):
    assert in_figures(said, "en") == said


def test_only_what_stands_between_two_numbers_is_left_out():
    assert joined("120 over 80 and over it") == "120 80 and over it"
