"""A conversation is cut into sessions at times alone."""

from builders import SECOND, scored, unasked

from cutover.evidence.conversation import Conversation, Windows, in_order

WINDOWS = Windows(count=2, open_us=10 * SECOND, again_us=30 * SECOND)


def cut(at_s, pending=(), now_s=1_000):
    one = Conversation("a", [scored(n, at_s=at, session="a") for n, at in enumerate(at_s)])
    one.cut([at * SECOND for at in pending], WINDOWS, now_s * SECOND)
    return one


def starts(one):
    return [part.start_us // SECOND for part in one.parts]


def test_another_session_begins_with_the_first_exchange_after_the_quiet_time():
    one = cut([1, 5, 20, 31, 32, 33, 70])
    assert starts(one) == [1, 32, 70]
    assert [len(part.rows) for part in one.parts] == [2, 2, 1]
    assert all(part.complete for part in one.parts)


def test_an_open_session_tells_how_much_may_still_come_and_until_when():
    one = cut([1], now_s=5)
    assert [(part.remaining, part.complete) for part in one.parts] == [(1, False)]
    assert one.due_us == 11 * SECOND
    assert one.oldest_us is None
    over = cut([1], now_s=12)
    assert (over.parts[0].remaining, over.due_us) == (0, None)


def test_what_waits_keeps_a_session_open_and_all_of_its_id_behind_it():
    one = cut([2, 50], pending=[1])
    assert starts(one) == [1, 50]
    assert [(part.complete, part.settled) for part in one.parts] == [
        (False, True),
        (False, False),
    ]
    assert one.oldest_us == SECOND


def test_what_waits_behind_a_whole_session_holds_nothing():
    one = cut([1, 2], pending=[5, 20])
    assert one.parts[0].complete
    assert one.oldest_us is None


def test_what_has_counted_is_left_behind():
    one = cut([1, 5, 40], pending=[45])
    one.rest(lambda accepted_us: accepted_us <= 31 * SECOND)
    assert (starts(one), [row.accepted_us for row in one.rows]) == ([40], [40 * SECOND])
    assert one.pending == [45 * SECOND]


def test_only_what_was_asked_and_has_a_recorded_answer_can_count_in_it():
    rows = [
        scored(1, session="a", recorded_key="k"),
        unasked(2, session="a", recorded_key="k"),
        scored(2, session="a", recorded_key="k", unpaired="sampling"),
    ]
    one = Conversation("a", rows)
    one.cut([], Windows(5, 10 * SECOND, 10 * SECOND), 0)
    assert len(one.parts[0].rows) == 3
    assert [in_order(row) for _, row in one.answers()] == [(SECOND, "e000001")]
