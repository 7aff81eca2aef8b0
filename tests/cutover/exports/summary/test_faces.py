from hypothesis import given
from hypothesis import strategies as st

from cutover.exports.summary.faces import CHINESE, LATIN, face, runs, shown


def test_latin_and_chinese_letters_stay_as_they_are():
    assert shown("Bukti bersih é; 陈医生同意") == "Bukti bersih é; 陈医生同意"


def test_what_no_face_has_is_written_out():
    assert shown("அ \x1b \u202e") == "\\u0b85 \\u001b \\u202e"


def test_each_stretch_has_a_face_with_its_letters():
    assert runs("ya 陈医生 ok") == [(False, "ya "), (True, "陈医生"), (False, " ok")]
    assert (face("ya"), face("陈")) == (LATIN, CHINESE)


@given(st.text())
def test_no_letter_is_lost_without_a_sign(text):
    told = runs(text)
    assert "".join([run for _, run in told]) == shown(text)
    assert all(
        letter in shown(text) for letter in text if letter.isascii() and letter.isalnum()
    )
