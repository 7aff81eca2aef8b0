"""Which recorded answers have counted, and in which exchange they do."""

from dataclasses import replace

from builders import SECOND, scored

from cutover.evidence.counted import (
    CLOCKS_US,
    DAY_US,
    HOLDS_US,
    LAST_US,
    Counted,
    place,
    settled_before,
)
from cutover.evidence.scored import AHEAD_US


def test_an_answer_counts_once_in_an_attempt():
    counted = Counted()
    counted.add(["k"], 0)
    assert counted.holds("k", counted.day(400 * DAY_US))
    assert not counted.holds("other", counted.day(0))


def test_in_live_an_answer_counts_once_a_day_and_is_forgotten_after_two():
    counted = Counted(by_day=True)
    counted.add(["k"], DAY_US - 1)
    assert counted.holds("k", 0)
    assert not counted.holds("k", counted.day(DAY_US))
    for day in range(9):
        counted.add([f"k{day}"], day * DAY_US)
    assert sorted(counted.days) == [7, 8]


def test_what_counted_before_live_has_not_in_live():
    counted = Counted()
    counted.add(["k"], 0)
    canary, live = counted.next(by_day=False), counted.next(by_day=True)
    assert canary.holds("k", 0)
    assert not live.holds("k", 0)
    canary.add(["later"], 0)
    assert not counted.holds("later", 0)


def test_what_was_scored_late_stands_where_it_was_scored():
    row = scored(1)
    assert place(row) == (SECOND, "e000001")
    timely, late = (replace(row, at_us=SECOND + HOLDS_US + more) for more in (0, 1))
    assert place(timely)[0] == SECOND
    assert place(late)[0] == SECOND + HOLDS_US + 1


def test_what_waits_holds_the_places_behind_it_for_a_while_only():
    assert settled_before([], 5) == LAST_US
    assert settled_before([9, 5], 5 + HOLDS_US) == 5
    now_us = 5 + HOLDS_US + CLOCKS_US + 1
    assert settled_before([5], now_us) == now_us - CLOCKS_US
    late = replace(scored(1, at_s=0), at_us=now_us - CLOCKS_US)  # by a clock that far behind
    assert place(late)[0] >= settled_before([0], now_us)


def test_what_a_wrong_clock_stamped_stands_where_it_was_scored():
    row = scored(1)
    ahead = replace(row, accepted_us=30 * DAY_US)
    assert place(ahead) == (row.at_us, row.exchange_id)
    soon = replace(row, accepted_us=row.at_us + AHEAD_US)  # as clocks may be apart
    assert place(soon)[0] == soon.accepted_us


def test_one_that_waits_with_a_time_to_come_can_take_no_place_before_now():
    now_us = 10 * DAY_US
    assert settled_before([30 * DAY_US], now_us) == now_us - CLOCKS_US
    assert settled_before([now_us], now_us) == now_us
