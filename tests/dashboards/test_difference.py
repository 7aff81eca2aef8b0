"""Which words differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboards.difference import LONGEST, marked


def differing(segments):
    return [text for text, differs in segments if differs]


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_pieces_of_a_side_are_its_text(primary, candidate):
    left, right = marked(primary=primary, candidate=candidate)
    assert "".join(text for text, _ in left) == primary
    assert "".join(text for text, _ in right) == candidate


@given(st.text(max_size=80))
def test_a_text_does_not_differ_from_itself(text):
    assert differing(marked(primary=text, candidate=text)[0]) == []


def test_a_changed_dose_is_marked_and_nothing_else():
    left, right = marked(primary="Take 500 mg twice.", candidate="Take 850 mg twice.")
    assert (differing(left), differing(right)) == (["500"], ["850"])


def test_case_and_white_space_make_no_difference():
    left, right = marked(primary="Rest  well,\nplease", candidate="rest well, Please")
    assert differing(left) == differing(right) == []


def test_chinese_is_compared_by_character_and_numbers_by_number():
    left, right = marked(primary="每次15毫克，4至6小时一次", candidate="每次15毫克，6小时一次")
    assert (differing(left), differing(right)) == (["4至"], [])


def test_very_long_texts_are_shown_unmarked_instead_of_late():
    long = "word " * (LONGEST + 1)
    assert marked(primary=long, candidate="other") == (((long, False),), (("other", False),))
