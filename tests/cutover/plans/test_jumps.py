"""A wall clock beside one that only passes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.plans.jumps import LARGEST_US, LONGEST_AWAY_US, Jumps, Kept, report
from mirror.journal import events

DAY_US = 86_400_000_000


def seen(*looks):
    """Jumps after looks at (wall, steady)."""
    jumps = Jumps()
    for wall_us, steady_us in looks:
        jumps.see(wall_us, steady_us)
    return jumps


def test_time_that_passes_on_both_is_no_jump():
    assert seen((5, 0), (5 + DAY_US, DAY_US)).sentence == ""


@pytest.mark.parametrize(
    ("by_us", "words"), [(DAY_US, "24.0 hours forward"), (-DAY_US, "24.0 hours back")]
)
def test_a_jump_is_told_until_the_clock_is_back(by_us, words):
    jumps = seen((5, 0), (5 + by_us, 0))
    assert words in jumps.sentence
    jumps.see(6 + by_us, 1)
    assert jumps.sentence
    assert jumps.see(7, 2)
    assert jumps.sentence == ""


def test_back_where_it_was_may_be_a_few_seconds_off():
    assert seen((0, 0), (DAY_US, 0), (9_000_000, 0)).sentence == ""
    assert seen((0, 0), (DAY_US, 0), (90_000_000, 0)).sentence


def test_a_jump_is_one_at_one_look_only():
    jumps = Jumps()
    assert [jumps.see(*look) for look in ((0, 0), (DAY_US, 0), (DAY_US + 1, 1))] == [False, True, False]  # fmt: skip


def test_who_says_that_the_clock_is_right_is_believed():
    jumps = seen((0, 0), (DAY_US, 0))
    jumps.accept()
    assert jumps.sentence == ""
    assert not jumps.see(DAY_US + 1, 1)


@given(st.lists(st.integers(-LARGEST_US, LARGEST_US), max_size=50))
def test_a_clock_that_goes_astray_by_little_never_jumps(drifts):
    jumps, wall_us = Jumps(), 0
    for steady_us, drift in enumerate(drifts):
        wall_us += drift
        assert not jumps.see(wall_us + steady_us, steady_us)
    assert jumps.sentence == ""


def test_two_half_jumps_are_a_whole_one():
    jumps = seen((0, 0), (DAY_US, 0), (2 * DAY_US, 0), (DAY_US, 0))
    assert "24.0 hours forward" in jumps.sentence


def test_a_jump_is_an_event(store):
    with store.write() as conn:
        report(conn, seen((0, 0), (DAY_US, 0)), 7)
        (row,) = events.read(conn, "")
    body = json.loads(row.body)
    assert (body["type"], body["details"]) == ("clock.jumped", {"off_s": 86_400})


def recalled(away_us, *, boot="b", off_us=0, unsure=False, steady_us=0):
    """Jumps of who goes on with what was kept at 0, on the start "a" of a machine, so much later."""
    jumps = Jumps()
    jumps.recall(Kept("a", 0, 0, off_us, unsure), boot, away_us, steady_us)
    jumps.see(away_us, steady_us)
    return jumps


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**15))
def test_on_the_same_start_of_a_machine_a_jump_is_seen_exactly(by_us, passed_us):
    jumps = recalled(passed_us + by_us, boot="a", steady_us=passed_us)
    assert jumps.off_us == (by_us if abs(by_us) > LARGEST_US else 0)
    assert jumps.untold == bool(jumps.off_us)


@given(st.integers(-LARGEST_US, LONGEST_AWAY_US))
def test_on_another_start_a_short_absence_is_none(away_us):
    assert recalled(away_us).sentence == ""
    still = recalled(away_us, off_us=DAY_US)
    assert (still.off_us, still.untold) == (DAY_US, False)


@pytest.mark.parametrize("away_us", [-DAY_US, LONGEST_AWAY_US + 1, 3 * DAY_US])
def test_on_another_start_what_no_short_absence_explains_is_told(away_us):
    jumps = recalled(away_us)
    assert (jumps.off_us, jumps.unsure, jumps.untold) == (away_us, True, True)


@pytest.mark.parametrize("off_us", [DAY_US, -DAY_US])
def test_a_clock_that_was_set_right_while_the_machine_started_is_right(off_us):
    jumps = recalled(600_000_000 - off_us, off_us=off_us)
    assert (jumps.sentence, jumps.untold) == ("", True)


@given(st.integers(0, LONGEST_AWAY_US))
def test_a_clock_that_was_behind_is_right_once_it_is_where_a_short_absence_has_it(away_us):
    jumps = recalled(-DAY_US)
    jumps.see(away_us, 0)
    assert jumps.sentence == ""


def test_where_the_system_names_no_start_each_is_another():
    jumps = Jumps()
    jumps.recall(Kept("", 0, 0), "", 2 * LONGEST_AWAY_US, 2 * LONGEST_AWAY_US)
    assert jumps.off_us == 2 * LONGEST_AWAY_US
