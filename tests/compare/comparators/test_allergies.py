"""Allergies, said one way and the other."""

import pytest

from compare.comparators.allergies import allergies
from compare.comparison import Pair, Severity


def flags(candidate, primary, prompt=""):
    return allergies(Pair("reason", prompt, primary, candidate)).flags


@pytest.mark.parametrize(
    ("candidate", "primary", "prompt"),
    [
        ("NKDA.", "Allergic to penicillin.", ""),
        ("No known drug allergies.", "She has an allergy to amoxicillin.", ""),
        ("Allergic to penicillin.", "NKDA", ""),
        ("The patient is not allergic to peanuts.", "Allergic to peanuts.", ""),
        ("Tiada alahan.", "Alah kepada penicillin.", ""),
        ("无药物过敏。", "对青霉素过敏。", ""),
        ("对青霉素不过敏。", "对青霉素过敏。", ""),
        ("NKDA.", "Amoxicillin for a week.", "I am allergic to latex"),
    ],
)
def test_the_opposite_is_a_failure(candidate, primary, prompt):
    (flag,) = flags(candidate, primary, prompt)
    assert (flag.code, flag.severity) == ("ALLERGY_POLARITY", Severity.FAIL)
    assert "; elsewhere " in flag.evidence


@pytest.mark.parametrize(
    ("candidate", "primary", "prompt"),
    [
        ("NKDA", "No known drug allergies.", ""),
        ("Allergic to penicillin.", "Allergy to penicillin and latex.", ""),
        ("Allergic to penicillin.", "Allergic to latex.", ""),
        ("Allergic to penicillin.", "Rest.", ""),
        ("Rest.", "Allergic to penicillin.", ""),
        ("Not allergic to latex.", "Allergic to penicillin.", ""),
        ("Alah kepada udang.", "Allergic to shellfish.", ""),
        ("He asked whether it is an allergy.", "NKDA", ""),
    ],
)
def test_the_same_less_or_something_else_is_none(candidate, primary, prompt):
    assert flags(candidate, primary, prompt) == ()
