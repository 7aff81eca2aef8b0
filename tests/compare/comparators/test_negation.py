"""Findings that are there, and findings that are denied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.negation import negation, stated
from compare.comparison import Pair, Severity


def found(candidate, primary):
    return negation(Pair("reason", "", primary, candidate))


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        (
            "Denies fever, chills or cough.",
            [("fever", False), ("chills", False), ("cough", False)],
        ),
        ("Reports fever but no cough.", [("fever", True), ("cough", False)]),
        ("No chest pain. Knee pain.", [("chest pain", False), ("knee pain", True)]),
        ("The x-ray did not show any fractures.", [("fracture", False)]),
        ("There is tenderness, mild pain", [("tenderness", True), ("pain", True)]),
        ("No rash, and he has swelling.", [("rash", False), ("swelling", True)]),
        ("Tiada demam atau batuk.", [("fever", False), ("cough", False)]),
        ("Mengadu pening, tetapi tiada muntah", [("dizziness", True), ("vomiting", False)]),
        ("否认发热。咳嗽三天。", [("fever", False), ("cough", True)]),
        ("Return if fever or vomiting.", []),
        ("Risk of bleeding should be discussed.", []),
    ],
)
def test_what_is_said_of_a_finding_is_read(text, findings):
    assert [(one.finding, one.there) for one in stated(text)] == findings


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("He reports chest pain.", "He denies chest pain."),
        ("Ada demam.", "No fever."),
        ("有发热。", "No fever."),
        ("No edema.", "There is edema of both legs."),
    ],
)
def test_the_opposite_is_for_a_person_to_look_at(candidate, primary):
    (flag,) = found(candidate, primary).flags
    assert (flag.code, flag.severity) == ("NEGATION", Severity.REVIEW)
    assert flag.evidence.startswith(candidate.rstrip("。")) and primary in flag.evidence


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("He denies chest pain.", "No chest pain."),
        ("He reports knee pain.", "He denies chest pain."),
        ("He denies fever.", "Fever last week. No fever now."),
        ("Come back if there is fever.", "No fever."),
        ("Rest.", "No fever."),
    ],
)
def test_what_agrees_or_is_about_something_else_is_none(candidate, primary):
    assert found(candidate, primary).flags == ()


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("No fever and has a cough.", [("fever", False), ("cough", True)]),
        ("No rash, normal gait, swelling.", [("rash", False), ("swelling", True)]),
        ("CV: no murmur Skin: rash", [("murmur", False), ("rash", True)]),
        (
            "She doesn't have a cough. Neither fever nor rash.",
            [("cough", False), ("fever", True), ("rash", False)],
        ),
    ],
)
def test_a_denial_ends_where_another_statement_begins(text, findings):
    assert [(one.finding, one.there) for one in stated(text)] == findings


def test_the_signals_are_shares_of_what_both_speak_of():
    signals = found(
        "Reports fever, denies cough.", "No fever. Fever on Monday. No cough."
    ).signals
    assert signals == {"findings_agree": 0.5, "denials_kept": 1.0, "affirmations_kept": 1.0}
    assert found("Vertigo and palpitations.", "Denies vertigo or palpitations.").signals == {
        "findings_agree": 0.0,
        "denials_kept": pytest.approx(1 / 3),
        "affirmations_kept": 1.0,
    }
    assert found("Denies vertigo or palpitations.", "Vertigo and palpitations.").signals == {
        "findings_agree": 0.0,
        "denials_kept": 1.0,
        "affirmations_kept": pytest.approx(1 / 3),
    }
    assert set(found("Rest.", "Rest.").signals.values()) == {1.0}


@pytest.mark.parametrize(
    ("denied", "affirmed"),
    [
        ("Menafikan pitam.", "Mengadu pitam."),
        ("否认胸闷、心悸。", "主诉胸闷、心悸。"),
        ("He does n't have photophobia.", "He has photophobia."),
    ],
)
def test_words_that_no_list_holds_count_in_all_languages(denied, affirmed):
    assert found(affirmed, denied).signals["denials_kept"] < 1
    assert found(denied, affirmed).signals["affirmations_kept"] < 1
    assert found(denied, denied).signals["denials_kept"] == 1


@given(st.text(max_size=120))
def test_an_answer_never_contradicts_itself(text):
    finding = found(text, text)
    assert finding.flags == ()
    assert finding.signals["denials_kept"] == finding.signals["affirmations_kept"] == 1.0


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("Yes, you should take both together.", "No, you should not take both together."),
        ("**Yes.** It is safe.", "No. It is not safe."),
        ("Boleh diambil bersama.", "Tidak boleh diambil bersama."),
        ("Ya, anda boleh.", "Tidak, anda tidak boleh."),
        ("可以一起吃。", "不可以一起吃。"),
        ("是的，没问题。", "不是，请勿服用。"),
    ],
)
def test_a_yes_for_a_no_is_for_a_person_to_look_at_both_ways(candidate, primary):
    for one, other in ((candidate, primary), (primary, candidate)):
        (flag,) = found(one, other).flags
        assert (flag.code, flag.severity) == ("NEGATION", Severity.REVIEW)
        assert flag.evidence == f"{one}; elsewhere {other}"


@pytest.mark.parametrize(
    ("candidate", "primary"),
    [
        ("Yes, you may.", "No worries, you may."),
        ("Yes, you may.", "No problem. You may."),
        ("No, it is closed.", "Ya Allah, it is closed."),
        ("Yes, you may.", "No, it may not, but that is unclear."),
        ("No, it is closed.", "Boleh saya tahu nama anda?"),
        ("不可以。", "可以告诉我您的名字吗？"),
        ("Yes, it is here.", "No. 5 Jalan Ampang is the address."),
        ("Yes, at noon.", "Not before noon."),
        ("Yes, you may.", "You may not."),
    ],
)
def test_an_opening_word_that_answers_nothing_is_none(candidate, primary):
    assert found(candidate, primary).flags == ()
    assert found(primary, candidate).flags == ()
