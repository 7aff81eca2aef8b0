"""What cursors hold, and what is none."""

import pytest

from cutover.api.cursors import place, written


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
