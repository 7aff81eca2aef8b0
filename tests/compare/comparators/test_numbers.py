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


def test_the_signal_is_the_share_of_supported_numbers():
    pair = Pair("chat", "", "Take 20 mg and 30 mg.", "Take 20 mg and 99 mg.")
    assert numbers(pair).signals == {"numbers_supported": 0.5}
    assert numbers(Pair("chat", "", "a", "b")).signals == {"numbers_supported": 1.0}
