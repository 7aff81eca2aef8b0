import pytest

from compare.comparators.language import detect, language
from compare.comparison import Pair

EN = "Take the tablets with food and drink plenty of water."
MS = "Sila ambil ubat ini selepas makan dan minum air secukupnya setiap hari."
ID = "Silakan minum obat ini setelah makan dan banyak beristirahat di rumah."
ZH = "请在饭后服用此药，并多喝水，注意休息。"
TA = "இந்த மருந்தை உணவுக்குப் பிறகு எடுத்துக் கொள்ளுங்கள்."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (EN, "en"),
        (MS, "ms"),
        (ID, "ms"),
        (ZH, "zh"),
        (TA, "ta"),
        ("Patient denies chest pain. Continue metformin 500 mg BID.", "en"),
        ("服用Metformin 500毫克，每日两次，饭后服用。", "zh"),
        ("Yes.", ""),
        ("", ""),
        ("12345 67890 +60 12-345 6789", ""),
        (f"{EN} {ZH}{ZH}", ""),
    ],
)
def test_a_language_is_told_or_left_open(text, code):
    assert detect(text) == code


@pytest.mark.parametrize(
    ("prompt", "primary", "candidate", "codes"),
    [
        (EN, EN, MS, ["LANG_MISMATCH"]),
        (ZH, ZH, EN, ["LANG_MISMATCH"]),
        (MS, MS, ID, []),
        (MS, EN, MS, []),  # the candidate follows the prompt
        (EN, EN, "OK.", []),
        (EN, EN, f"{EN} {ZH}{ZH}", []),
        ("", "123", MS, []),
    ],
)
def test_only_a_sure_other_language_fails(prompt, primary, candidate, codes):
    found = language(Pair("chat", prompt, primary, candidate))
    assert [flag.code for flag in found.flags] == codes


def test_code_says_nothing_about_the_language():
    code = "```\nfor item in items: print(item)\nwhile True: continue\n```"
    assert detect(f"{ZH}\n{code * 3}") == "zh"
