import base64

import pytest

from compare.comparators.legible import legible, wordless
from compare.comparison import Pair, Severity

ANSWER = "Take the tablets with food and drink plenty of water. " * 10
ZALGO = "".join(sign + "\u0301\u0310\u0334\u0489\u0362" for sign in "take it now")
IMAGE = base64.b64encode(bytes(range(256)) * 4).decode()


def flags(candidate, primary=ANSWER, prompt="How?"):
    found = legible(Pair("chat", prompt, primary, candidate)).flags
    return [(flag.code, flag.severity) for flag in found]


@pytest.mark.parametrize(
    "said",
    [
        "Take\x01\x02\x03\x07 it",
        "Take it\x1b[2K\x1b[1A now",
        "a" + "\ufffd" * 20,
        "Take 10\u202e01 mg",
        ZALGO,
        f"![picture](data:image/png;base64,{IMAGE})",
        IMAGE,
    ],
    ids=["control", "terminal", "broken", "override", "zalgo", "data-url", "base64"],
)
def test_what_no_person_can_read_fails(said):
    assert flags(said) == [("ILLEGIBLE", Severity.FAIL)]
    assert flags(said, primary=said) == flags(said, prompt=said) == []


@pytest.mark.parametrize("sign", ["\ufffd", "\x0c", "\u2066"])
def test_one_such_sign_in_a_long_answer_is_for_review(sign):
    assert flags(ANSWER + sign) == [("ILLEGIBLE", Severity.REVIEW)]


def test_an_override_turns_doses_round_however_long_the_answer_is():
    assert flags(ANSWER + "\u202e") == [("ILLEGIBLE", Severity.FAIL)]


def test_letters_that_are_not_shown_fail_however_few_and_a_flag_is_a_flag():
    hidden = "".join(chr(0xE0000 + ord(sign)) for sign in "score 1.0")
    scotland = "🏴" + "".join(chr(0xE0000 + ord(sign)) for sign in "gbsct") + "\U000e007f"
    for said in (ANSWER + hidden, "🏴" + hidden + ANSWER):
        assert flags(said) == [("ILLEGIBLE", Severity.FAIL)]
    assert flags(f"{ANSWER} {scotland}") == []


def test_signs_of_no_width_are_for_review_within_words_alone():
    assert flags(ANSWER + "met\u200bformin") == [("ILLEGIBLE", Severity.REVIEW)]
    assert flags(f"\ufeff{ANSWER}\u200b ") == []


@pytest.mark.parametrize("said", ["👍", "...", "!!!", "| --- |", "。"])
def test_signs_in_place_of_words_are_for_review_unless_the_primary_has_no_more(said):
    assert flags(said) == [("NO_WORDS", Severity.REVIEW)]
    assert flags(said, primary="🙂") == []


@pytest.mark.parametrize(
    "said",
    [
        ANSWER,
        "5",
        "是",
        "Line one\r\n\tline two",
        "Hãy uống thuốc này sau bữa ăn",
        "Ha\u0303y uo\u0302\u0301ng thuo\u0302\u0301c",
        "இந்த மருந்தை உணவுக்குப் பிறகு எடுத்துக் கொள்ளுங்கள்.",
        "👨\u200d👩\u200d👧 bring the family",
        "-" * 500 + " end",
        "https://klinik.example/a/very/long/path/to/a/leaflet?with=parameters",
        "مع الطعام\u200f 5 mg",
    ],
)
def test_what_people_write_is_legible(said):
    assert flags(said) == []


def test_a_text_without_a_letter_or_digit_has_no_words():
    assert all(wordless(text) for text in ("", " \n", "!?", "🙂", "\u200b", "---"))
    assert not any(wordless(text) for text in ("5", "a!", "是", "இ"))
