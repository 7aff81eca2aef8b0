"""Findings that are there, and findings that are denied."""

import pytest

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


def test_the_signals_are_shares_of_what_both_speak_of():
    signals = found(
        "Reports fever, denies cough.", "No fever. Fever on Monday. No cough."
    ).signals
    assert signals == {"findings_agree": 0.5, "denials_kept": 1.0}
    assert found("Vertigo and palpitations.", "Denies vertigo or palpitations.").signals == {
        "findings_agree": 0.0,
        "denials_kept": 0.0,
    }
    assert found("Rest.", "Rest.").signals == {"findings_agree": 1.0, "denials_kept": 1.0}
