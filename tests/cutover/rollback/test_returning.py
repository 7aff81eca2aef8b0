"""Whose turn it is, over every crowd of rollouts that go back to one primary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.rollback.returning import LONGEST_US, MINUTE_US, Returned, Wish, admitted

NOW = 10 * MINUTE_US


def wish(name, excess, brings, waits_s=None, clear=False, answers=False):
    since_us = None if waits_s is None else NOW - waits_s * 1_000_000
    return Wish((name, "chat"), excess, brings, since_us, clear=clear, answers=answers)


def go(wishes, per_min=100, present=0.0, before=()):
    return "".join(sorted(key[0] for key in admitted(wishes, per_min, present, before, NOW)))


THREE = [wish("a", 1.0, 60), wish("b", 3.0, 60), wish("c", 2.0, 30)]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"per_min": 200}, "abc"),
        ({"per_min": 100}, "bc"),
        ({"per_min": 70}, "b"),
        ({"per_min": 10}, "b"),  # more than it takes, and nothing else goes
        ({"present": 80}, "b"),
        ({"before": [Returned(90, NOW)]}, ""),
        ({"before": [Returned(90, NOW - MINUTE_US // 2)]}, "c"),  # half of it is seen
        ({"before": [Returned(90, NOW - MINUTE_US)]}, "bc"),
    ],
)
def test_the_worst_go_first_and_no_more_than_the_primary_takes(given_, expected):
    assert go(THREE, **given_) == expected


def test_what_brings_nothing_waits_for_nothing():
    assert go([*THREE, wish("d", 0.1, 0)], per_min=10, before=[Returned(90, NOW)]) == "d"


def test_nothing_waits_longer_than_three_minutes():
    full = [Returned(90, NOW)]
    assert go([wish("a", 1.0, 60, 179)], before=full) == ""
    assert go([wish("a", 1.0, 60, LONGEST_US // 1_000_000)], before=full) == "a"


def test_bad_answers_go_before_what_is_clear_and_that_before_what_is_worse():
    some = [
        wish("a", 9.0, 60),
        wish("b", 2.0, 60, clear=True),
        wish("c", 1.0, 60, clear=True, answers=True),
    ]
    assert [go(some, per_min=room) for room in (60, 120, 180)] == ["c", "bc", "abc"]


def test_what_is_less_bad_takes_no_room_that_a_clear_one_waits_for():
    before = [Returned(50, NOW)]
    small, free = wish("a", 9.0, 30), wish("b", 0.1, 0)
    late = wish("d", 0.1, 30, LONGEST_US // 1_000_000)
    large = wish("c", 1.0, 60, clear=True)
    assert go([small, free, late, large], before=before) == "bd"
    assert go([small, free, late], before=before) == "abd"


WISHES = st.lists(
    st.builds(
        wish,
        st.sampled_from("abcdefgh"),
        st.floats(0, 9),
        st.integers(0, 200),
        st.none() | st.integers(0, 400),
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.key,
)
BEFORE = st.lists(st.builds(Returned, st.integers(1, 99), st.integers(0, NOW)), max_size=3)


@given(WISHES, st.integers(1, 300), st.integers(0, 300), BEFORE, st.randoms())
def test_the_order_does_not_matter_and_the_limit_is_kept(
    wishes, per_min, present, before, chance
):
    gone = admitted(wishes, per_min, present, before, NOW)
    shuffled = list(wishes)
    chance.shuffle(shuffled)
    assert admitted(shuffled, per_min, present, before, NOW) == gone
    due = [
        one
        for one in wishes
        if one.key in gone and (one.since_us is None or NOW - one.since_us < LONGEST_US)
    ]
    busy = [one for one in due if one.brings]
    unseen = sum(one.unseen(NOW) for one in before)
    if len(busy) > 1:
        assert present + unseen + sum(one.brings for one in due) <= per_min
    if wishes and not unseen:
        assert gone
