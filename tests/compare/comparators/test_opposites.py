"""A word heard as its opposite fails, wherever else in the visit it was heard rightly."""

import pytest

from compare.asked import Asked
from compare.canonical import Answer
from compare.comparators.opposites import opposites
from compare.sides import Sides

VISIT = "so the right knee is fine and the left knee hurts and we will look at the right shoulder next time"


def flags(primary, candidate):
    sides = Sides("audio", "transcriptions", Asked(""), Answer(primary), Answer(candidate))
    return {(one.code, one.severity.value): one.evidence for one in opposites(sides).flags}


@pytest.mark.parametrize(
    ("said", "heard", "code"),
    [
        (VISIT, VISIT.replace("right shoulder", "left shoulder"), "LATERALITY"),
        ("sakit lutut kiri sejak semalam", "sakit lutut kanan sejak semalam", "LATERALITY"),
        ("患者左膝疼痛三天", "患者右膝疼痛三天", "LATERALITY"),
        ("a history of hypothyroidism", "a history of hyperthyroidism", "TERM_ERROR"),
        ("she has tachycardia today", "she has bradycardia today", "TERM_ERROR"),
        ("the culture was positive again", "the culture was negative again", "TERM_ERROR"),
    ],
)
def test_a_word_heard_as_its_opposite_in_the_same_place_fails(said, heard, code):
    assert set(flags(said, heard)) == {(code, "fail")}
    assert set(flags(heard, said)) == {(code, "fail")}


def test_the_evidence_has_the_words_around_and_what_was_heard():
    found = flags(VISIT, VISIT.replace("right shoulder", "left shoulder"))
    assert found["LATERALITY", "fail"] == "at the right shoulder next (heard: left)"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (VISIT, VISIT),
        ("the left and right knees are swollen", "the right and left knees are swollen"),
        ("all right let us see", "alright let us see"),
        ("that is right yes", "that is wow yes"),
        ("hyper reflexes of the left leg", "hyperreflexes of the left leg"),
        ("", "the left knee"),
    ],
)
def test_the_same_sides_in_other_words_are_not_flagged(said, heard):
    assert flags(said, heard) == {}
