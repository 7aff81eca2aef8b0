"""What is given, and what only says it again."""

import pytest

from compare.comparators.given import Given
from compare.comparators.prescriptions import doses_in
from compare.comparison import Pair

TWICE = "Metformin 500 mg twice a day."


def given(candidate, primary, prompt=""):
    """Each of the candidate's doses with whether it is given, and whether that is in other words."""
    told = Given.of(Pair("reason", prompt, primary, candidate))
    return {
        one.quantity.said: (told.has(one), told.restated(one)) for one in doses_in(candidate)
    }


@pytest.mark.parametrize(
    "candidate",
    [
        "Metformin 500 mg twice a day (total 1 g daily).",
        "Metformin 500 mg twice daily. Total daily dose: 1 g.",
        "Metformin 1 g a day in all.",
        "Metformin 500 mg in the morning and at night, that is 1 g per day.",
    ],
)
def test_a_total_is_a_dose_as_often_as_it_is_given(candidate):
    assert given(candidate, TWICE)["1 g"] == (True, True)
    assert given(candidate, "", TWICE)["1 g"] == (True, True)


@pytest.mark.parametrize(
    "candidate",
    [
        "Metformin 1 g twice a day.",
        "Metformin 1 g per day.",  # in place of the dose
        "Metformin 1 g daily.",
        "Aspirin 1 g a day in all.",
    ],
)
def test_a_dose_in_place_of_another_is_not_given(candidate):
    assert given(candidate, TWICE)["1 g"] == (False, False)


@pytest.mark.parametrize(
    ("primary", "candidate"),
    [
        ("Metformin 500 mg BD, 1 g a day in all.", "Metformin 1 g twice a day."),
        ("Metformin 500 mg twice a day (total 1 g daily).", "Metformin 1 g BD."),
        ("Metformin total daily dose 1 g, as 500 mg BD.", "Metformin 1 g, twice daily."),
    ],
)
def test_the_total_of_a_day_is_no_dose_that_is_given_several_times(primary, candidate):
    assert given(candidate, primary)["1 g"] == (False, False)
    assert given(candidate, f"{primary} Then 1 g.")["1 g"] == (True, False)


def test_the_total_of_a_day_is_given_as_one():
    primary = "Metformin 500 mg twice a day (total 1 g daily)."
    assert given("Metformin 1 g daily in two doses.", primary)["1 g"][0]
    assert given("Metformin 1 g a day.", primary)["1 g"][0]


def test_a_total_has_to_multiply_out():
    assert given("Metformin 500 mg twice a day (total 1.5 g daily).", TWICE)["1.5 g"] == (
        False,
        False,
    )


def test_the_most_of_a_day_is_what_the_longest_span_makes():
    often = "Paracetamol 1 g every 4 to 6 hours"
    assert given(f"{often}, at most 4 g a day.", f"{often}.")["4 g"] == (True, True)
    assert given(f"{often}, at most 6 g a day.", f"{often}.")["6 g"] == (False, False)


@pytest.mark.parametrize(
    ("primary", "candidate", "said"),
    [
        ("Amlodipine 10 mg.", "Amlodipine 5 mg x 2 tablets.", "5 mg"),
        ("Amlodipine 5 mg x 2 tablets.", "Amlodipine 10 mg.", "10 mg"),
        ("Amlodipine 5 mg x 2 tablets.", "Four amlodipine 2.5 mg tablets.", "2.5 mg"),
    ],
)
def test_tablets_of_a_strength_are_the_dose_that_they_make(primary, candidate, said):
    assert given(candidate, primary)[said] == (True, True)
    assert given(candidate, "", primary)[said] == (True, True)


@pytest.mark.parametrize(
    ("primary", "candidate", "said"),
    [
        ("Amlodipine 10 mg.", "Amlodipine 5 mg x 3 tablets.", "5 mg"),
        ("Amlodipine 10 mg.", "Amlodipine 5 mg.", "5 mg"),
        ("Amlodipine 5 mg x 2 tablets.", "Amlodipine 10 mg x 2 tablets.", "10 mg"),
        ("Aspirin 10 mg.", "Amlodipine 5 mg x 2 tablets.", "5 mg"),
    ],
)
def test_tablets_that_make_another_dose_are_not_given(primary, candidate, said):
    assert given(candidate, primary)[said] == (False, False)
