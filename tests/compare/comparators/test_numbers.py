import pytest

from compare.comparators.numbers import numbers
from compare.comparison import Pair, Severity

METFORMIN = "Take metformin 500 mg twice daily with food."


def flags(primary, candidate, prompt=""):
    found = numbers(Pair("chat", prompt, primary, candidate))
    return {flag.code: flag for flag in found.flags}


@pytest.mark.parametrize(
    ("primary", "candidate", "evidence"),
    [
        (
            METFORMIN,
            "Take metformin 5000 mg twice daily.",
            "metformin 5000 mg; the primary says 500 mg",
        ),
        (
            METFORMIN,
            "Take 850 mg of metformin twice daily.",
            "metformin 850 mg; the primary says 500 mg",
        ),
        (
            METFORMIN,
            "Glucophage 500 mg four times a day.",
            "metformin 4 times a day; the primary says 2",
        ),
        (
            "Levothyroxine 50 mcg",
            "Levothyroxine 50 mg",
            "levothyroxine 50 mg; the primary says 50 mcg",
        ),
        (
            "服用二甲双胍500毫克",
            "服用二甲双胍850毫克",
            "metformin 850毫克; the primary says 500毫克",
        ),
        (
            "Ambil paracetamol 500 mg",
            "Ambil paracetamol 1500 mg",
            "paracetamol 1500 mg; the primary says 500 mg",
        ),
        (
            "Zyvorin 100 mg daily",
            "Zyvorin 900 mg daily",
            "zyvorin 900 mg; the primary says 100 mg",
        ),
        (
            "Paracetamol 500 mg to 1 g, at most 4 g a day.",
            "Paracetamol 500 mg to 1 g, at most 8 g a day.",
            "paracetamol 8 g; the primary says 4 g",
        ),
        (
            "The morning injection holds 20 mcg of it.",
            "The morning injection holds 20 mg of it.",
            "20 mg; the primary says 20 mcg",
        ),
    ],
)
def test_another_dose_of_the_same_medicine_fails(primary, candidate, evidence):
    flag = flags(primary, candidate)["DOSE_CONFLICT"]
    assert (flag.severity, flag.evidence) == (Severity.FAIL, evidence)


@pytest.mark.parametrize(
    ("primary", "candidate", "prompt"),
    [
        (METFORMIN, "Metformin 0.5 g, 2 times a day.", ""),
        (METFORMIN, "Take metformin 850 mg twice daily.", "I was given metformin 850 mg."),
        (METFORMIN, METFORMIN + " Later 1000 mg.", ""),  # more is said, nothing is replaced
        (METFORMIN, "Take it twice daily with food.", ""),
        (METFORMIN, "Take metformin as written. Aspirin 100 mg may be added.", ""),
        ("Ibuprofen every 4 to 6 hours", "Ibuprofen every 6 hours", ""),
        ("Mix 200 g flour with 5 g salt", "Mix 250 g flour with 10 g salt", ""),
        ("Ibuprofen twice daily", "Ibuprofen 3 times a day", "Is it ibuprofen 3 times a day?"),
    ],
)
def test_the_same_dose_in_other_words_and_grounded_doses_do_not(primary, candidate, prompt):
    assert "DOSE_CONFLICT" not in flags(primary, candidate, prompt)


def test_a_number_that_nobody_gave_is_for_review_with_its_words():
    flag = flags("Drink water.", "Drink 2500 ml of water for 3 days.")["NUMBER_UNSUPPORTED"]
    assert (flag.severity, flag.evidence) == (Severity.REVIEW, "2500 ml, 3 days")


def test_a_number_of_the_prompt_or_the_primary_is_supported_in_any_notation():
    assert flags("Rest for 2 weeks.", "Rest for 14 days.") == {}
    assert flags("Rest.", "At 39.5 degrees, rest.", "My fever is 39.5, help") == {}
    assert flags("", "1. First\n2. Then two tablets") == {}


def test_the_signal_is_the_share_of_supported_numbers():
    pair = Pair("chat", "", "Take 20 mg and 30 mg.", "Take 20 mg and 99 mg.")
    assert numbers(pair).signals == {"numbers_supported": 0.5}
    assert numbers(Pair("chat", "", "a", "b")).signals == {"numbers_supported": 1.0}
