import pytest

from compare.comparators.numbers import numbers
from compare.comparison import Pair, Severity


def flags(primary, candidate, prompt=""):
    found = numbers(Pair("chat", prompt, primary, candidate))
    return {flag.code: flag for flag in found.flags}


def test_a_number_that_nobody_gave_is_for_review_with_its_words():
    flag = flags("Drink water.", "Drink 2500 ml of water for 3 days.")["NUMBER_UNSUPPORTED"]
    assert (flag.severity, flag.evidence) == (Severity.REVIEW, "2500 ml, 3 days")


def test_a_number_of_the_prompt_or_the_primary_is_supported_in_any_notation():
    assert flags("Rest for 2 weeks.", "Rest for 14 days.") == {}
    assert flags("Rest.", "At 39.5 degrees, rest.", "My fever is 39.5, help") == {}
    assert flags("", "1. First\n2. Then two tablets") == {}


@pytest.mark.parametrize(
    ("primary", "candidate"),
    [
        ("Amoxicillin twice daily", "Amoxicillin every 12 hours, 12-hourly, q12h"),
        ("Amoxicillin three times a day", "Amoxicillin every 8 hours"),
        ("Amoxicillin QID", "Amoxicillin every 6 hours"),
        ("Amoxicillin BD", "Amoxicillin setiap 12 jam"),
        ("阿莫西林每天2次", "阿莫西林一天两次, 每12小时一次"),
        ("Ibuprofen every 4 to 6 hours", "Ibuprofen every 4-6 hours"),
        ("Amlodipine once daily", "Amlodipine every 24 hours"),
    ],
)
def test_as_often_in_other_words_is_supported(primary, candidate):
    assert flags(primary, candidate) == {}
    assert flags("Take it.", candidate, primary) == {}


@pytest.mark.parametrize(
    ("primary", "candidate"),
    [
        ("Metformin 500 mg twice a day", "Metformin 500 mg twice a day (total 1 g daily)"),
        ("Amlodipine 10 mg", "Amlodipine 5 mg x 2 tablets"),
        ("二甲双胍500毫克，每天2次", "二甲双胍500毫克，每天2次，一天共1克"),
    ],
)
def test_a_dose_that_is_said_once_more_in_another_way_is_supported(primary, candidate):
    assert flags(primary, candidate) == {}


def test_more_often_than_was_said_is_for_review():
    flag = flags("Amoxicillin twice daily", "Amoxicillin every 8 hours")["NUMBER_UNSUPPORTED"]
    assert flag.evidence == "8 hours"
    assert flags("Ibuprofen every 6 hours", "Ibuprofen every 4 to 6 hours")
    assert flags("Amoxicillin twice daily", "Amoxicillin for 12 hours")


def test_the_signal_is_the_share_of_supported_numbers():
    pair = Pair("chat", "", "Take 20 mg and 30 mg.", "Take 20 mg and 99 mg.")
    assert numbers(pair).signals == {"numbers_supported": 0.5}
    assert numbers(Pair("chat", "", "a", "b")).signals == {"numbers_supported": 1.0}
