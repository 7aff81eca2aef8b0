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
        ("Not allergic to any medications.", "Allergic to penicillin", ""),
        ("Not allergic to anything.", "Allergic to peanuts", ""),
        ("Allergies: none", "Allergies: ragweed", ""),
        ("Allergies: ragweed", "Allergies: NKA", ""),
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


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("Penicillin allergy; no food allergies", "Penicillin allergy."),
        ("No food allergies.", "Penicillin allergy."),
        ("Tiada alahan makanan.", "Alah kepada penisilin."),
        ("无食物过敏", "青霉素过敏"),
        ("NKDA.", "Allergic to peanuts."),
        ("NKDA. He is allergic to dust.", "No drug allergies"),
        ("No drug allergies", "NKDA, allergic to dust"),
        ("Peanut allergy", "Drug allergy: none"),
        ("Peanut allergy", "Allergies: none known to drugs"),
    ],
)
def test_none_of_one_kind_says_nothing_of_another(candidate, primary):
    assert flags(candidate, primary) == ()


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("No known food allergies", "Peanut allergy"),
        ("Alah kepada udang", "Tiada alahan makanan"),
        ("对花生过敏", "无食物过敏"),
        ("Latex allergy", "NKDA"),
        ("NKDA", "Allergic to penicillin. No food allergies."),
        ("No known drug or food allergies", "Peanut allergy"),
    ],
)
def test_none_of_its_own_kind_is_the_opposite(candidate, primary):
    assert [flag.code for flag in flags(candidate, primary)] == ["ALLERGY_POLARITY"]


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("Allergies: penicillin; otherwise no known allergies", "Penicillin allergy"),
        ("Otherwise no known allergies", "Penicillin allergy"),
        ("No known allergies other than penicillin", "Penicillin allergy"),
        ("Tiada alahan lain", "Alahan: penisilin"),
        ("除青霉素外无过敏", "青霉素过敏"),
        ("Penicillin allergy. No known allergies.", "Allergies: penicillin"),
    ],
)
def test_none_beside_what_is_named_is_not_none(candidate, primary):
    assert flags(candidate, primary) == ()


@pytest.mark.parametrize(
    ("some", "none"),
    [
        ("He is allergic to cephalosporins.", "No known allergies"),
        ("对头孢过敏", "无药物过敏"),
        ("Alah kepada sefalosporin", "Tiada alahan"),
        ("Carries adrenaline for bee stings, to which he is allergic.", "No known allergies"),
        ("Previous anaphylaxis to amoxicillin", "NKDA"),
        ("Anaphylactic reaction to peanuts", "NKA"),
        ("Hives from metformin.", "NKDA"),
        ("Rash with codeine.", "NKDA"),
        ("Anafilaksis terhadap penisilin", "Tiada alahan"),
        ("Allergic to kiwi", "No known allergies"),
        ("Morphine allergy.", "NKDA"),
        ("A statin-allergic patient", "NKDA"),
        ("對青黴素過敏", "無藥物過敏"),
        ("Anaphylaxis to amoxicillin", "No anaphylaxis to amoxicillin"),
        ("Ciprofloxacin allergy", "No quinolone allergy"),
    ],
)
def test_allergies_are_read_by_class_reaction_and_relative_clause(some, none):
    assert [flag.code for flag in flags(none, some)] == ["ALLERGY_POLARITY"]
    assert [flag.code for flag in flags(some, none)] == ["ALLERGY_POLARITY"]


def test_evidence_is_quoted_as_it_was_written():
    (flag,) = flags("無藥物過敏。", "對青黴素過敏。")
    assert flag.evidence == "無藥物過敏; elsewhere 對青黴素過敏"
    (flag,) = flags("He is allergic to latex.", "He is not known to be allergic to latex.")
    assert flag.evidence == "allergic to latex; elsewhere not known to be allergic to latex"


def test_an_allergen_missing_from_the_list_is_for_review():
    (flag,) = flags("Allergic to penicillin.", "Allergy to penicillin and latex.")
    assert (flag.code, flag.severity) == ("ALLERGY_OTHER", Severity.REVIEW)
    assert (
        flags("Allergies: ragweed", "Allergies: ragweed, mold")[0].severity is Severity.REVIEW
    )
    assert flags("Allergic to penicillin. Avoid latex.", "Allergy to penicillin, latex.") == ()
