import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.sentences import split


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Take 2.5 mg daily. Drink water!", ["Take 2.5 mg daily.", "Drink water!"]),
        ("See Dr. Lim today. Call us.", ["See Dr. Lim today.", "Call us."]),
        ("每日两次。饭后服用！可以吗？", ["每日两次。", "饭后服用！", "可以吗？"]),
        ("Ambil dua kali sehari. Minum air.", ["Ambil dua kali sehari.", "Minum air."]),
        ("# Plan\n- **Rest** now\n2. Call us\n---\n", ["Plan", "Rest now", "Call us"]),
        ("", []),
        ("***\n...\n", []),
    ],
)
def test_sentences_are_found_without_markup(text, found):
    assert split(text) == found


def test_a_run_without_an_end_is_broken_at_a_space_and_loses_nothing():
    text = " ".join(f"word{number}" for number in range(300))
    pieces = split(text)
    assert len(pieces) > 5 and all(len(piece) <= 400 for piece in pieces)
    assert " ".join(pieces) == text


@given(st.text(max_size=300))
def test_every_letter_of_a_text_stands_in_one_sentence_or_was_markup(text):
    kept = "".join(split(text))
    assert len(kept) <= len(text)
    assert all(piece.strip() == piece and piece for piece in split(text))


@pytest.mark.parametrize("piece", ["\n", "\r\n", "e.g. ", " ", "1. ", "- "])
def test_a_text_of_one_piece_over_and_over_takes_bounded_time(piece):
    before = time.process_time()
    split(piece * 20_000 + "x")
    assert time.process_time() - before < 5
