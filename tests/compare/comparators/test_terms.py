"""Medicines, doses and numbers that both heard, however they are written."""

import pytest

from compare.asked import Asked
from compare.canonical import Answer, Transcript
from compare.comparators.terms import grounded, terms
from compare.sides import Sides


def sides(primary, candidate, prompt="", language=""):
    answers = (
        Answer(one, transcript=Transcript(language=language)) for one in (primary, candidate)
    )
    return Sides("audio", "transcriptions", Asked(prompt), *answers)


def flags(primary, candidate, prompt=""):
    both = sides(primary, candidate, prompt)
    return {
        (one.code, one.severity.value) for look in (terms, grounded) for one in look(both).flags
    }


SAME = [
    ("take five hundred milligrams twice a day", "Take 500 mg BID."),
    ("Metformin one thousand milligrams twice daily", "metformin 1,000 mg b.i.d."),
    ("blood pressure is one twenty over eighty", "Blood pressure is 120/80."),
    ("two point five milligrams of warfarin", "2.5 mg of warfarin"),
    ("two and a half milligrams of warfarin", "2.5 mg of warfarin"),
    ("lisinopril twenty milligrams once a day", "lisinopril 20mg daily"),
    ("born in nineteen sixty two, fifty eight years old", "Born in 1962, 58 years old."),
    ("hemoglobin a1c of seven point two percent", "Hemoglobin A1c of 7.2%"),
    ("take it every eight hours for ten days", "Take it q8h for 10 days."),
    ("a quarter milligram", "0.25 mg"),
    ("half a tablet at night", "1/2 tablet at night"),
    ("one gram of ceftriaxone", "1000 mg of ceftriaxone"),
    ("my number is five five five one two one two", "My number is 555-1212"),
    ("I take Tylenol", "I take acetaminophen"),
    ("born on 8-23-97, seen on 3/1/21", "Born on 8/23/1997, seen on 3/1/2021."),
    (
        "ambil metformin lima ratus miligram dua kali sehari",
        "Ambil metformin 500 mg, 2 kali sehari.",
    ),
    ("ambil dua puluh lima miligram", "ambil 25 mg"),
    ("患者每日服用二甲双胍五百毫克两次。", "患者每日服用二甲双胍500毫克两次"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_how_a_thing_is_written_is_never_flagged(one, other):
    assert not flags(one, other) and not flags(other, one)


OTHER = [
    ("lisinopril ten milligrams", "lysine april ten milligrams"),
    ("losartan fifty milligrams", "lisinopril fifty milligrams"),
    ("take fifteen milligrams of meloxicam", "take fifty milligrams of meloxicam"),
    ("metformin 1000 mg", "metformin 100 mg"),
    ("take 5 mg of warfarin", "take 5 mcg of warfarin"),
    ("five hundred milligrams twice a day", "five hundred milligrams three times a day"),
    ("ambil metformin lima ratus miligram", "ambil metformin lima puluh miligram"),
    ("服用二甲双胍五百毫克", "服用二甲双胍五十毫克"),
    ("pain in the left knee", "pain in the right knee"),
]


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_medicine_dose_or_side_fails_whoever_heard_it(one, other):
    assert "fail" in {severity for _, severity in flags(one, other)}
    assert "fail" in {severity for _, severity in flags(other, one)}


TAMIL = [
    ("பாராசிட்டமால் ஐநூறு மில்லிகிராம்", "பாராசிட்டமால் 500 mg"),
    ("Paracetamol ஐநூறு மில்லிகிராம் கொடுங்கள்", "Paracetamol 500 mg கொடுங்கள்"),
    ("Metformin 500 mg மூன்று முறை", "Metformin 500 mg TDS"),
]


@pytest.mark.parametrize(("one", "other"), TAMIL)
def test_number_words_of_tamil_beside_digits_are_said_to_be_unchecked(one, other):
    for both in ((one, other), (other, one)):
        assert flags(*both) == {("NUMBERS_UNCHECKED", "info")}
        signals = terms(sides(*both)).signals | grounded(sides(*both)).signals
        assert not {"terms_f1", "doses_supported", "medications_f1"} & signals.keys()


def test_digits_and_medicines_in_tamil_are_compared():
    assert ("DOSE_CONFLICT", "fail") in flags(
        "Metformin 500 mg கொடுங்கள்", "Metformin 50 mg கொடுங்கள்"
    )
    lost = flags("Metformin ஐநூறு கொடுங்கள்", "மெட் 500 கொடுங்கள்")
    assert lost == {("NUMBERS_UNCHECKED", "info"), ("TERM_ERROR", "fail")}


def test_a_number_misheard_in_english_is_shown_with_what_was_said():
    found = terms(
        sides(
            "take fifteen milligrams of prednisolone", "take fifty milligrams of prednisolone"
        )
    )
    (flag,) = found.flags
    assert (flag.code, flag.severity.value) == ("TERM_ERROR", "fail")
    assert flag.evidence == "fifteen milligrams is missing"
    assert flags("fifteen people wait", "fifty people wait") == {
        ("NUMBER_UNSUPPORTED", "review")
    }


def test_what_was_heard_in_place_of_a_medicine_is_shown():
    (flag,) = terms(sides("take lisinopril now", "take lysine now")).flags
    assert flag.evidence == "lisinopril is missing (heard: lysine)"


def test_a_dose_that_lost_its_unit_is_kept():
    assert ("TERM_ERROR", "fail") not in flags(
        "take 500 mg of metformin", "take 500 of metformin"
    )


def test_another_number_is_for_review():
    assert flags("he weighs 180 pounds", "he weighs 118 pounds") == {
        ("NUMBER_UNSUPPORTED", "review")
    }


def test_a_denial_that_was_lost_is_for_review():
    assert flags("there is no chest pain", "there is chest pain") == {("NEGATION", "review")}


def test_words_that_were_expected_are_no_ground_for_having_been_heard():
    assert flags("take it daily", "take metformin daily", "metformin") == {
        ("DRUG_UNSUPPORTED", "fail")
    }


def test_terms_of_both_count():
    assert terms(sides("metformin 500 mg", "metformin 500 mg")).signals["terms_f1"] == 1
    assert terms(sides("metformin 500 mg", "metformin 100 mg")).signals["terms_f1"] == 0.5
    assert terms(sides("hello", "goodbye")).signals["terms_f1"] == 1


def test_of_a_candidate_that_heard_nothing_no_term_is_told():
    assert not flags("metformin 500 mg", " ")


def test_a_number_that_merely_ends_as_the_year_does_is_another_number():
    said = "seen on 3/1/21, glucose was {}"
    found = terms(sides(said.format(321), said.format(421))).flags
    assert [one.code for one in found] == ["NUMBER_UNSUPPORTED"]
