import numpy as np
import pytest

from compare.comparators.alignment import Aligned, alignment


def rows(*angles):
    return np.array([[np.cos(a), np.sin(a)] for a in angles], dtype=np.float32)


def test_a_missing_sentence_lowers_recall_and_an_added_one_precision():
    half = np.pi / 2
    missing = alignment(Aligned(rows(0, half), rows(0))).signals
    assert missing["precision"] == pytest.approx(1) and missing["recall"] == pytest.approx(
        0.5, abs=1e-6
    )
    added = alignment(Aligned(rows(0), rows(0, half))).signals
    assert added["recall"] == pytest.approx(1) and added["precision"] == pytest.approx(
        0.5, abs=1e-6
    )
    assert added["f1"] == pytest.approx(missing["f1"]) == pytest.approx(2 / 3, abs=1e-6)


def test_the_order_of_sentences_does_not_count():
    one = alignment(Aligned(rows(0, 1, 2), rows(2, 0, 1))).signals
    assert all(value == pytest.approx(1, abs=1e-5) for value in one.values())


def test_the_lowest_tenth_shows_what_one_side_alone_says():
    found = alignment(Aligned(rows(0, 0, 0, np.pi), rows(0, 0, 0, 0))).signals
    assert found["p10"] < found["f1"]


def test_a_side_without_sentences_has_no_signals():
    nothing = np.empty((0, 2), dtype=np.float32)
    assert alignment(Aligned(rows(0), nothing)).signals == {}
    assert alignment(Aligned(nothing, rows(0))).signals == {}


def test_opposite_sentences_divide_by_nothing():
    found = alignment(Aligned(rows(0), rows(np.pi))).signals
    assert found["f1"] == 0 and found["cosine"] == pytest.approx(-1)
