"""Notations that are misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.notation import notation
from compare.comparison import Pair, Severity


def found(candidate, primary, prompt=""):
    return notation(Pair("reason", prompt, primary, candidate)).flags


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Warfarin 5.0 mg", "5.0 mg (trailing zero)"),
        ("Alprazolam .5 mg", ".5 mg (no leading zero)"),
        ("Insulin 10U at night", "10U (U or IU for units)"),
        ("Vitamin D 2000 IU", "2000 IU (U or IU for units)"),
        ("Levothyroxine 50 µg", "50 µg (µg for mcg)"),
        ("Aspirin 75 mg QD", "QD (QD or QOD)"),
        ("Give MSO4 now", "MSO4 (morphine or magnesium sulphate)"),
    ],
)
def test_a_trap_is_named_with_its_words(text, evidence):
    (flag,) = found(text, "as agreed")
    assert (flag.code, flag.severity, flag.evidence) == (
        "UNSAFE_NOTATION",
        Severity.REVIEW,
        evidence,
    )
    assert found(text, text) == ()  # the primary writes so too
    assert found(text, "as agreed", text) == ()  # and so does who asks


def test_who_brings_the_trap_in_is_flagged_and_who_takes_it_out_is_not():
    (flag,) = found("Lantus 10 IU at night", "Lantus 10 units at night")
    assert flag.severity is Severity.REVIEW
    assert found("Lantus 10 units at night", "Lantus 10 IU at night") == ()


@pytest.mark.parametrize(
    "text",
    [
        "Warfarin 5 mg",
        "0.5 mg",
        "10.05 mg",
        "10 units",
        "ALT 40 U/L",
        "version 5.0",
        "50 mcg daily",
    ],
)
def test_a_plain_notation_is_none(text):
    assert found(text, "") == ()


@given(st.text(alphabet="0123456789. mgUIuµqodQOD", max_size=40))
def test_no_text_is_too_odd(text):
    assert len(found(text, "")) <= 6
