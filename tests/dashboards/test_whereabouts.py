"""Where a person stands in a list, as the address keeps it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.questions import audit, board
from dashboards.whereabouts import FIRST, Place, read

SEARCH = board.Search("ipoh", "canary", "")
CURSORS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=400)


@given(st.builds(Place, st.integers(2, 9_999_999), CURSORS))
def test_a_place_is_read_from_the_address_as_it_was_written(at):
    assert read(at.written(SEARCH), SEARCH) == at


@given(st.text(max_size=40))
def test_any_address_is_a_place_or_nonsense_and_breaks_nothing(written):
    found = read(written, SEARCH)
    assert found is None or found == FIRST or found.written(SEARCH) == written


@pytest.mark.parametrize(
    "other", [board.Search("ipoh"), board.Search(), audit.Search("ipoh", "canary", "")]
)
def test_a_place_of_another_search_is_the_beginning(other):
    assert read(Place(3, "abc").written(SEARCH), other) == FIRST


@pytest.mark.parametrize(
    "written",
    ["x", "0.00000000.abc", "2.0000.abc", "2.00000000.", "-1.00000000.a", "2.00000000.a b"],
)
def test_nonsense_is_no_place(written):
    assert read(written, SEARCH) is None


def test_the_first_page_needs_no_word():
    assert FIRST.written(SEARCH) == ""
    assert read("", SEARCH) == FIRST
