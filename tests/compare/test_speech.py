"""Words that were heard, in one notation, side by side."""

import pytest

from compare.speech import heard, language_of, words


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Take five hundred milligrams.", "take 500 milligrams", "en"),
        ("[doctor] The colour, um, changed.", "the color changed", "en"),
        ("Ambil ubat-ubatan, ya!", "ambil ubat ubatan ya", "ms"),
        ("患者，服用二甲双胍。", "患者服用二甲双胍", "zh"),
        ("２.５ mg", "2.5 MG", "ms"),
    ],
)
def test_the_same_words_written_otherwise_agree(one, other, language):
    assert heard(one, other, language).mer == 0


def test_tamil_keeps_its_vowel_signs():
    assert heard("மருந்து", "மரந்த", "ta").mer == 1
    assert words("மருந்து.", "ta") == ("மருந்து",)


def test_a_chinese_character_is_a_word_and_so_is_a_latin_one():
    assert words("服用 Panadol 药片", "") == ("服", "用", "panadol", "药", "片")


def test_one_wrong_character_of_six_is_an_error_rate_of_a_sixth():
    assert heard("病人没有胸痛", "病人没有腹痛", "zh").error_rate == pytest.approx(1 / 6)


def test_the_match_error_rate_never_leaves_its_bounds():
    assert heard("one", "two three four five six", "en").mer == 1
    assert heard("", "two", "en").mer == 1 and heard("one", "", "en").mer == 1
    assert heard("", "", "en").mer == 0


def test_an_end_that_was_not_heard_is_told_from_one_that_was_misheard():
    said = "please take one tablet in the morning and call the clinic if the pain gets worse"
    cut = heard(said, "please take one tablet in the morning", "en")
    other = heard(
        said, "please take one tablet in the morning then go see his late ox at a fair", "en"
    )
    chance = heard(said, "please take one tablet in the morning worse", "en")
    assert chance.unheard_end == 9
    assert cut.unheard_end == 9 and other.unheard_end == 0


def test_a_language_is_the_one_named_or_the_one_that_tells():
    malay = "Pesakit mengadu sakit dada sejak semalam dan tidak mengambil ubat."
    assert language_of(["", "chinese"], [malay]) == "zh"
    assert language_of(["ms"], ["five"]) == "ms"
    assert language_of(["", ""], [malay]) == "ms"
    assert language_of([""], ["500 mg"]) == "en"
    assert language_of([""], ["两片"]) == ""


@pytest.mark.parametrize(
    "said",
    [
        "1" * 9_000,
        "1," * 4_500,
        "(" * 9_000,
        "[" * 9_000,
        "<(" * 4_500,
        "one " * 2_000 + "(",
        "1/0 " * 90,
    ],
    ids=lambda said: said[:6],
)
def test_what_the_normaliser_of_english_cannot_take_is_read_all_the_same(said):
    found = words(f"take the tablet {said} today", "en")
    assert found[:2] == ("take", "the") and found[-1] == "today"
