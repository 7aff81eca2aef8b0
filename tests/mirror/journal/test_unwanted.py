"""Word of bodies that no row will point to."""

from mirror.exchange import Large
from mirror.journal.unwanted import Word, forget, leave_word, words

LARGE = Large("a" * 64, 0, "")


def test_what_was_left_is_found_until_it_is_forgotten(tmp_path):
    leave_word(tmp_path / "00000001.seg", LARGE, 77)
    assert list(words(tmp_path)) == [Word(LARGE, "00000001.seg", 77)]
    forget(tmp_path, LARGE)
    forget(tmp_path, LARGE)
    assert list(words(tmp_path)) == []


def test_half_a_word_says_nothing(tmp_path):
    (tmp_path / f"{'a' * 64}.unwanted").write_text("00000001")
    assert list(words(tmp_path)) == []


def test_a_digest_that_is_none_names_no_file(tmp_path):
    bad = Large("../../x", 0, "")
    leave_word(tmp_path / "00000001.seg", bad, 1)
    forget(tmp_path, bad)
    assert list(tmp_path.rglob("*")) == []
