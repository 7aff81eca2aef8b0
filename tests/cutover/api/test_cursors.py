"""What cursors hold, and what is none."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.api import cursors
from cutover.api.cursors import place, written


def spelled(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("given", [("clinic-ä", "chat"), ("", ""), ("a" * 64, "b" * 16)])
def test_a_place_comes_back_as_it_went(given):
    assert place(written(*given), str, str) == given
    assert written(*given).isascii()


def test_numbers_and_texts_may_be_mixed():
    assert place(written(7, "x"), int, str) == (7, "x")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "ä", "!!!!", written("a"), written("a", 1), written("a", "b", "c"), "bnVsbA", "W" * 399,
     "e30", written(True, "b")],
)  # fmt: skip
def test_what_no_page_gave_is_refused(cursor):
    with pytest.raises(ValueError, match="is no cursor that a page gave"):
        place(cursor, str, str)


@pytest.mark.parametrize("number", [-1, 2**63, 10**300])
def test_a_number_that_no_column_holds_is_refused(number):
    assert place(written(2**63 - 1, 0), int, int) == (2**63 - 1, 0)
    with pytest.raises(ValueError, match="is no cursor that a page gave"):
        place(written(number, 0), int, int)


@pytest.mark.parametrize("text", [r'["\ud800"]', r'["a\udfff"]', r'["\u0000"]'])
def test_a_text_that_no_column_holds_is_refused(text):
    assert place(spelled(r'["\ud83d\ude00"]'), str) == ("\U0001f600",)
    with pytest.raises(ValueError, match="is no cursor that a page gave"):
        place(spelled(text), str)


@given(
    st.sets(st.tuples(st.text("ab", max_size=3), st.text("ab", max_size=3))), st.integers(1, 4)
)
def test_pages_have_every_key_once_in_order(keys, limit):
    every, seen, after = sorted(keys), [], None
    for _ in range(len(every) + 1):
        shown, next = cursors.page(every, after, limit)
        seen += shown
        if next is None:
            break
        after = cursors.asked(next, str, str)
    assert seen == every


def test_a_key_that_is_gone_keeps_its_place():
    assert cursors.page([("a", "x"), ("c", "x")], ("b", "x"), 5) == ([("c", "x")], None)
