"""Medicines that nobody else named."""

import pytest

from compare.comparators.medicines import medicines
from compare.comparison import Pair, Severity


def found(candidate, primary="", prompt="", route="reason"):
    return medicines(Pair(route, prompt, primary, candidate))


@pytest.mark.parametrize(
    ("route", "severity"),
    [("reason", Severity.FAIL), ("audio", Severity.FAIL), ("chat", Severity.REVIEW)],
)
def test_a_medicine_of_neither_side_is_flagged_by_its_word(route, severity):
    (flag,) = found("Start Warfarin and metformin.", "metformin", route=route).flags
    assert (flag.code, flag.severity, flag.evidence) == (
        "DRUG_UNSUPPORTED",
        severity,
        "Warfarin",
    )


@pytest.mark.parametrize(
    ("candidate", "primary", "prompt"),
    [
        ("Take paracetamol.", "Take Panadol.", ""),
        ("Take paracetamol.", "Rest.", "Saya makan parasetamol"),
        ("服用二甲双胍。", "Take metformin.", ""),
        ("Rest.", "Take metformin.", ""),
        ("Your cholesterol is high.", "", ""),
        ("Continue insulin.", "Continue Lantus 20 units.", ""),
        ("Take amoxicillin.", "Take Augmentin.", ""),
    ],
)
def test_what_primary_or_prompt_names_by_any_name_is_grounded(candidate, primary, prompt):
    assert found(candidate, primary, prompt).flags == ()


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("Continue Lantus.", "Continue insulin."),
        ("Take Augmentin.", "Take amoxicillin."),
        ("Start hydralazine.", "Start hydroxyzine."),
    ],
)
def test_another_of_the_same_kind_is_not(candidate, primary):
    (flag,) = found(candidate, primary).flags
    assert flag.code == "DRUG_UNSUPPORTED"


def test_the_signal_is_the_share_that_is_grounded():
    given = "warfarin, metformin, warfarin and aspirin"
    assert found(given, "aspirin").signals == {"medicines_supported": pytest.approx(1 / 3)}
    assert found("Rest.").signals == {"medicines_supported": 1.0}
