"""Medicines with what is said of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.prescriptions import doses_in, is_dose, prescribed
from compare.comparators.quantities import quantities


@pytest.mark.parametrize(
    ("text", "doses"),
    [
        ("Metformin 500 mg", {"metformin": [(500, "mg")]}),
        ("500mg of Glucophage", {"metformin": [(500, "mg")]}),
        (
            "On the 20mg of lisinopril for hypertension and the 500mg of metformin for diabetes.",
            {"lisinopril": [(20, "mg")], "metformin": [(500, "mg")]},
        ),
        (
            "motrin 600mg and flexeril (10mg)",
            {"ibuprofen": [(600, "mg")], "cyclobenzaprine": [(10, "mg")]},
        ),
        ("taking 800mg Motrin", {"ibuprofen": [(800, "mg")]}),
        ("Stop lisinopril. 10 mg were too much.", {"lisinopril": []}),
        ("Augmentin 625 mg", {"amoxicillin": [(625, "mg")]}),
        ("Zyvorin 100 mg daily", {"zyvorin": [(100, "mg")]}),
        ("She weighs 70 kg on metformin", {"metformin": []}),
        ("Ambil 2 biji Panadol", {"paracetamol": [(2, "tablet")]}),
        (
            "二甲双胍500毫克。布洛芬200毫克",
            {"metformin": [(500, "mg")], "ibuprofen": [(200, "mg")]},
        ),
    ],
)
def test_a_dose_belongs_to_the_medicine_beside_it(text, doses):
    told = prescribed(text)
    assert {name: list(told[name].doses) if name in told else [] for name in doses} == doses


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("Metformin 500 mg twice daily, aspirin daily", {"metformin": {2}, "aspirin": {1}}),
        ("Metformin and lisinopril once a day.", {"metformin": {1}, "lisinopril": {1}}),
        ("twice daily metformin", {"metformin": {2}}),
        ("Take metformin. Walk twice a day.", {"metformin": set()}),
        ("Panadol tiga kali sehari", {"paracetamol": {3}}),
        ("二甲双胍,每日两次", {"metformin": {2}}),
    ],
)
def test_how_often_belongs_to_the_medicines_named_last(text, times):
    told = prescribed(text)
    assert {name: set(told[name].times) if name in told else set() for name in times} == times


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("morphine 5 mg IV", "intravenous"),
        ("morphine 5 mg p.o. twice daily", "oral"),
        ("insulin subcutaneously", "subcutaneous"),
        ("salbutamol nebulizer", "inhaled"),
        ("对乙酰氨基酚口服", "oral"),
    ],
)
def test_the_way_is_read(text, way):
    (told,) = prescribed(text).values()
    assert list(told.ways) == [way]


def test_numbers_without_a_unit_are_kept_by_their_medicine():
    told = prescribed("increase metformin from five hundred to seven fifty")
    assert told["metformin"].numbers == {500, 750}


def test_a_weight_of_a_person_is_no_dose():
    assert [is_dose(one) for one in quantities("70 kg, 5 mg, 3 days, 2 puffs")] == [
        False,
        True,
        False,
        True,
    ]


@given(st.text(max_size=120))
def test_no_text_is_too_odd(text):
    prescribed(text)
    assert len(doses_in(text)) <= len(quantities(text))
