"""Numbers of things in words."""

from collections import Counter

import pytest

from cutover.counting import counted, listed, ordered


@pytest.mark.parametrize(
    ("number", "words", "told"),
    [
        (0, ("request",), "0 requests"),
        (1, ("request",), "1 request"),
        (2000, ("request",), "2,000 requests"),
        (1, ("reply", "replies"), "1 reply"),
        (3, ("reply", "replies"), "3 replies"),
    ],
)
def test_one_thing_is_not_told_as_many(number, words, told):
    assert counted(number, *words) == told


def test_what_was_counted_is_told_the_most_first_and_by_name():
    counts = Counter({"a": 1, "c": 2, "b": 2, "": 1})
    assert ordered(counts) == [("b", 2), ("c", 2), ("", 1), ("a", 1)]
    assert listed(counts) == "b 2, c 2, unnamed 1, a 1"
    assert listed(counts, 1) == "b 2"
