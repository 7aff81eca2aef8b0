"""Notations that are misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.comparators.notation import notation
from compare.comparison import Pair, Severity


def found(candidate, primary):
    return notation(Pair("reason", "", primary, candidate)).flags


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Warfarin 5.0 mg", "5.0 mg (trailing zero)"),
        ("Alprazolam .5 mg", ".5 mg (no leading zero)"),
        ("Insulin 10U at night", "10U (U for units)"),
        ("Vitamin D 2000 IU", "2000 IU (U for units)"),
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
