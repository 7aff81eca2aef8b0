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
        ("Allergies: none.", "Allergies: penicillin (rash).", ""),
        ("Allergies: penicillin (rash).", "Allergies: none.", ""),
        ("NKDA", "Allergies: penicillin (rash).", ""),
        ("Drug allergy: nil", "Drug allergy: penicillin", ""),
        ("Drug allergy: penicillin", "Drug allergy: nil", ""),
        ("Alahan: tiada", "Alahan: penisilin", ""),
        ("Alahan: penisilin", "Alahan: tiada", ""),
        ("Pesakit tidak alah kepada ubat.", "Pesakit alah kepada penisilin.", ""),
        ("Pesakit alah kepada penisilin.", "Pesakit tidak alah kepada ubat.", ""),
        ("过敏史：无", "过敏史：青霉素", ""),
        ("过敏史:青霉素", "过敏史:无", ""),
        ("无过敏史", "青霉素过敏", ""),
        ("青霉素过敏", "无过敏史", ""),
        ("known drug allergies and fever", "no known drug allergies and no fever", ""),
        ("No allergy to penicillin.", "Penicillin allergy.", ""),
        ("Not allergic to any medications.", "Allergic to peanuts", ""),
        ("Allergies: none", "Allergies: ragweed", ""),
        ("Allergies: ragweed", "Allergies: NKDA", ""),
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
        ("Allergic to penicillin and latex.", "Allergy to latex, penicillin.", ""),
        ("Allergies: none known", "NKDA", ""),
        ("Allergies: not discussed", "Allergic to penicillin.", ""),
        ("He denies known drug allergies.", "NKDA", ""),
        ("Allergic to amoxicillin.", "Allergies: penicillin", ""),
        ("过敏史:无", "无药物过敏", ""),
        ("Alahan: tiada", "Tidak alah kepada ubat", ""),
        ("Allergic to penicillin and latex.", "Penicillin allergy.", "latex makes me itch"),
        ("Allergic to penicillin.", "Rest.", ""),
        ("Rest.", "Allergic to penicillin.", ""),
        ("Not allergic to latex.", "Allergic to penicillin.", ""),
        ("Alah kepada udang.", "Allergic to shellfish.", ""),
        ("He asked whether it is an allergy.", "NKDA", ""),
        ("Allergies: ragweed, cat", "Allergies: rag weed, cats", ""),
        ("Allergies: cats, mold", "Allergies: mold", "I sneeze near a cat"),
        ("Allergies: ragweed", "Alahan: debunga", ""),
        ("Allergies: discussed", "NKDA", ""),
        ("Allergies: well controlled", "NKDA", ""),
        ("Allergies: avoid triggers, see chart", "NKDA", ""),
        ("Allergies: avoid triggers", "Allergies: ragweed", ""),
        ("过敏史：不详", "无药物过敏", ""),
    ],
)
def test_the_same_less_or_something_else_is_none(candidate, primary, prompt):
    assert flags(candidate, primary, prompt) == ()


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("Allergic to sulfa.", "Allergic to penicillin."),
        ("Allergies: shellfish", "Allergies: peanuts"),
        ("Iodine allergy.", "Latex allergy."),
        ("Alahan: udang", "Alahan: kacang"),
        ("海鲜过敏", "青霉素过敏"),
        ("Allergies: ragweed", "Allergies: mold"),
        ("Allergies: mould (hives), cat dander", "Allergies: cat dander"),
        ("Allergies: ragweed", "Allergies: penicillin"),
        ("Allergies: penicillin", "Allergies: ragweed"),
        ("Alahan: kucing", "Alahan: debunga"),
        ("过敏史：豚草", "过敏史：青霉素"),
    ],
)
def test_another_allergen_is_a_failure(candidate, primary):
    (flag,) = flags(candidate, primary)
    assert (flag.code, flag.severity) == ("ALLERGY_OTHER", Severity.FAIL)
    assert flags(candidate, "Rest.", primary)[0].code == "ALLERGY_OTHER"


def test_an_allergen_missing_from_the_list_is_for_review():
    (flag,) = flags("Allergic to penicillin.", "Allergy to penicillin and latex.")
    assert (flag.code, flag.severity) == ("ALLERGY_OTHER", Severity.REVIEW)
    assert (
        flags("Allergies: ragweed", "Allergies: ragweed, mold")[0].severity is Severity.REVIEW
    )
    assert flags("Allergic to penicillin. Avoid latex.", "Allergy to penicillin, latex.") == ()
