"""Vital signs and laboratory values, by label."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.vitals import vitals
from compare.comparison import Pair, Severity


def found(candidate, primary, prompt=""):
    return vitals(Pair("reason", prompt, primary, candidate))


@pytest.mark.parametrize(
    ("candidate", "primary", "evidence"),
    [
        ("BP 150/80.", "BP was 120/80.", "blood pressure 150/80; the primary says 120/80"),
        ("Tekanan darah 150/80", "BP 120/80", "blood pressure 150/80; the primary says 120/80"),
        ("血压150/80", "BP 120/80", "blood pressure 150/80; the primary says 120/80"),
        ("HbA1c of 9.5%", "Hemoglobin A1c is 6.5%", "HbA1c 9.5%; the primary says 6.5%"),
        ("SpO2 is 79%", "O2 sat 97%", "oxygen saturation 79%; the primary says 97%"),
        ("Heart rate 130", "pulse of 80 bpm", "heart rate 130; the primary says 80 bpm"),
        ("体温39.5℃", "Temp 37.2", "temperature 39.5℃; the primary says 37.2"),
        ("eGFR 25", "GFR 65", "eGFR 25; the primary says 65"),
    ],
)
def test_another_value_is_for_a_person_to_look_at(candidate, primary, evidence):
    (flag,) = found(candidate, primary).flags
    assert (flag.code, flag.severity, flag.evidence) == (
        "VITAL_CONFLICT",
        Severity.REVIEW,
        evidence,
    )


@pytest.mark.parametrize(
    ("candidate", "primary", "prompt"),
    [
        ("BP 120/80", "Blood pressure: 120 / 80 mmHg", ""),
        ("BP 150/80", "BP 120/80", "your blood pressure is one fifty over eighty"),
        ("BP 150/80", "Her pulse was 80.", ""),
        ("Blood pressure is treated with lisinopril 20 mg.", "BP 120/80", ""),
        ("Blood pressure for 10 years.", "BP 120/80", ""),
        ("Bake at a temperature of 180 degrees.", "Bake at a temperature of 200 degrees.", ""),
        ("Blood pressure. She is 45.", "BP 120/80", ""),
        ("Rest.", "BP 120/80", ""),
    ],
)
def test_the_same_value_or_another_thing_is_none(candidate, primary, prompt):
    assert found(candidate, primary, prompt).flags == ()


def test_the_signal_is_the_share_of_values_that_agree():
    signals = found("BP 150/80, pulse 80", "BP 120/80, pulse 80").signals
    assert signals == {"vitals_supported": 0.5}
    assert found("Rest.", "Rest.").signals == {"vitals_supported": 1.0}


@given(st.text(max_size=120))
def test_an_answer_never_conflicts_with_itself(text):
    assert found("BP 120/80 " + text, "BP 120/80 " + text).flags == ()
