"""Sessions close by count or clock, in the order of their starts, whenever scores arrive."""

import json

from builders import REHEARSAL, SECOND, failure, scored
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.evidence.counted import Counted
from cutover.evidence.gates import Basis
from cutover.evidence.observation import OpenSession, Rules, Session
from cutover.evidence.sessions import Book
from policies.policy import Sessions

RULES = Rules(
    REHEARSAL.model_copy(
        update={"sessions": Sessions(exchanges=3, open_s=100, again_after_s=1_800)}
    ),
    Basis.NOISE,
)
LATE = 10**15


def look(rows, pending=(), now_s=10**9, rules=RULES):
    book = Book(rules)
    book.take(rows)
    return book.look(pending, now_s * SECOND)


def ids(line):
    return [session.id for session in line]


def test_a_session_closes_with_its_first_exchanges():
    rows = [scored(n, session="a") for n in (1, 2)]
    assert look(rows, now_s=10).closed == ()
    third = scored(3, session="a")
    fourth = scored(4, session="a", fail_codes=("X",))
    found = look([*rows, third, fourth], now_s=10)
    assert ids(found.closed) == ["a"]
    assert found.closed[0].fresh == 3
    assert found.closed[0].fail_codes == ()  # the fourth came too late to be evidence


def test_a_session_closes_by_the_clock_and_what_comes_later_is_not_in_it():
    rows = [scored(1, session="a"), scored(2, session="a", at_s=101)]
    late = scored(3, session="a", at_s=101.5)
    assert ids(look([*rows, late], now_s=101).closed) == []
    found = look([*rows, late], now_s=102)
    assert ids(found.closed) == ["a"]
    assert found.closed[0].fresh == 2


def test_a_session_waits_for_the_score_of_every_exchange_in_its_window():
    rows = [scored(n, session="a") for n in (1, 3, 4)]
    waiting = look(rows, pending=[("a", 2 * SECOND)], now_s=500)
    assert waiting.closed == ()
    assert waiting.tail == (OpenSession("a", SECOND),)
    beyond = look(rows, pending=[("a", 5 * SECOND)], now_s=500)
    assert ids(beyond.closed) == ["a"]


def test_broken_sessions_do_not_close_before_others():
    broken = [failure(scored(1, session="a"))]
    whole = [scored(1, session="a")]
    for now_s in (10, 100, 102):
        assert len(look(broken, now_s=now_s).closed) == len(look(whole, now_s=now_s).closed)


def test_an_open_session_keeps_later_ones_in_the_tail():
    rows = [scored(n, session="b") for n in (2, 3, 4)]
    found = look(rows, pending=[("a", SECOND)], now_s=10)
    assert found.closed == ()
    assert ids(found.tail) == ["a", "b"]
    assert [type(session) for session in found.tail] == [OpenSession, Session]


def test_sessions_that_start_together_are_ordered_by_name():
    rows = [scored(n, session=name, at_s=1) for n, name in enumerate("cab")]
    assert ids(look(rows).closed) == ["a", "b", "c"]


def test_what_a_closed_session_says_later_is_not_evidence():
    book = Book(RULES)
    book.take([scored(1, session="a")])
    assert ids(book.look([], LATE).closed) == ["a"]
    book.take([scored(2, session="a", fail_codes=("X",))])
    again = book.look([("a", 3 * SECOND)], LATE)
    assert (again.closed, again.tail) == ((), ())


def test_who_comes_back_after_a_quiet_time_is_a_session_again():
    book = Book(RULES)
    book.take([scored(1, session="a"), scored(2, session="a", at_s=1_801)])
    assert [one.start_us for one in book.look([], LATE).closed] == [SECOND]
    book.take([scored(3, session="a", at_s=1_802), scored(4, session="a", at_s=1_803)])
    (again,) = book.look([], LATE).closed
    assert (again.id, again.start_us, again.fresh) == ("a", 1_802 * SECOND, 2)
    book.take([scored(5, session="a", at_s=4_000)])
    assert len(book.look([], LATE).closed) == 1


def test_who_came_back_waits_for_the_session_before_to_be_whole():
    rows = [scored(n, session="a", at_s=2_000 + n, fail_codes=("X",)) for n in range(3)]
    waiting = look(rows, pending=[("a", SECOND)], now_s=9_000)
    assert waiting.tail == (OpenSession("a", SECOND), OpenSession("a", 2_000 * SECOND))
    assert [one.start_us for one in look(rows, now_s=9_000).closed] == [2_000 * SECOND]


def test_a_window_longer_than_the_quiet_time_is_one_session():
    sessions = Sessions(exchanges=3, open_s=100, again_after_s=10)
    rules = Rules(REHEARSAL.model_copy(update={"sessions": sessions}), Basis.NOISE)
    rows = [scored(n, session="a", at_s=50 * n) for n in range(4)]
    assert [one.fresh for one in look(rows, rules=rules).closed] == [3, 1]


def test_ids_and_in_live_answers_are_remembered_for_days_and_not_for_ever():
    book = Book(RULES, Counted(by_day=True))
    day_s = 86_400
    for day in range(20):
        rows = [
            scored(n, session=f"{n}", at_s=day * day_s + n % day_s, recorded_key="k")
            for n in range(day * 1_000, (day + 1) * 1_000, 10)
        ]
        book.take(rows)
        closed = book.look([], (day + 1) * day_s * SECOND).closed
        assert sum(one.fresh for one in closed) == 1  # once a day
    assert len(book.done) <= 300
    assert len(book.counted.days) <= 3
    assert not book.running


def test_in_live_a_session_dated_a_month_ahead_makes_no_answer_count_twice_or_never():
    """Of one recorded answer: in a session, in one of a wrong clock, in one more, and so each day."""
    book, day_s = Book(RULES, Counted(by_day=True)), 86_400
    fresh = []
    for day in range(0, 62):
        at_s = day * day_s + 40_000
        for number, ahead_s in enumerate((0, 30 * day_s if day < 3 else 0, 0)):
            met_s = at_s + 1_000 * number
            row = scored(
                10 * day + number,
                at_s=met_s + ahead_s,
                at_us=(met_s + 1) * SECOND,
                recorded_key="k",
            )
            book.take([row])
            closed = book.look([], (met_s + 900) * SECOND).closed
            fresh += [(day, one.fresh) for one in closed]
    assert [day for day, fresh in fresh if fresh] == list(range(62))
    assert len(fresh) == 3 * 62, "each is a session all the same"
    assert len(book.counted.days) <= 2


def test_what_a_wrong_clock_stamped_waits_for_no_day_of_its_own():
    """Others always wait: they hold the places behind them, and not that of one that was scored before."""
    book = Book(RULES, Counted(by_day=True))
    row = scored(1, at_s=30 * 86_400, at_us=100 * SECOND, recorded_key="k")
    book.take([row])
    closed = book.look([("other", 990 * SECOND)], 1_000 * SECOND).closed
    assert book.running["other"].parts and not closed, "the other started before it"
    assert book._told[book.running[row.session].parts[0]].after_us is not None


def test_what_comes_days_late_is_no_evidence():
    book = Book(RULES)
    book.take([scored(1, at_s=3 * 86_400)])
    book.look([], LATE)
    book.take([scored(2, at_s=2 * 86_400), scored(3, at_s=2 * 86_400 + 1)])
    assert ids(book.look([("s", SECOND)], LATE).closed) == ["s000003"]


def test_an_answer_counts_in_the_exchange_that_was_accepted_first():
    rows = [
        scored(1, session="a", recorded_key="first"),
        scored(2, session="b", recorded_key="same"),
        scored(9, session="a", recorded_key="same"),
    ]
    for arrival in (rows, rows[::-1]):
        a, b = look(arrival).closed
        assert (a.fresh, a.repeated, b.fresh) == (1, 1, 1)


def test_a_session_is_open_while_its_answer_may_be_that_of_an_exchange_before():
    rows = [scored(n, session="a", recorded_key=f"k{n}") for n in (1, 2, 8)]
    book = Book(RULES)
    book.take(rows)
    waiting = book.look([("b", 5 * SECOND)], 10 * SECOND)
    assert [type(one) for one in waiting.tail] == [OpenSession, OpenSession]
    assert ids(waiting.tail) == ["a", "b"]
    book.take([scored(5, session="b", recorded_key="k8")])
    (a,) = book.look([], 11 * SECOND).closed
    assert (a.fresh, a.repeated) == (2, 1)


def test_looking_does_not_use_up_answers_of_open_sessions():
    book = Book(RULES)
    book.take([scored(1, session="a", recorded_key="k")])
    for _ in range(3):
        assert book.look([], 10 * SECOND).closed == ()
    assert book.look([], LATE).closed[0].fresh == 1


def test_a_resumed_book_goes_on_where_it_was():
    rows = [scored(n, recorded_key=f"k{n}") for n in range(6)]
    first = Book(RULES)
    first.take(rows[:3])
    closed = first.look([], LATE).closed
    second = Book(RULES)
    second.take(rows[:1])  # read before the recorded sessions were taken back
    second.resume(closed)
    repeat = scored(7, recorded_key="k1")
    second.take([*rows, repeat])
    found = second.look([], LATE).closed
    assert ids(found) == ["s000003", "s000004", "s000005", "s000007"]
    assert found[-1].repeated == 1


RETURNING = Rules(
    REHEARSAL.model_copy(
        update={"sessions": Sessions(exchanges=3, open_s=50, again_after_s=80)}
    ),
    Basis.NOISE,
)
exchanges = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),  # session
        st.integers(0, 250),  # accepted, seconds
        st.sampled_from(["", "k1", "k2", "k3"]),
        st.integers(0, 400),  # scored this much later
        st.sampled_from([(), (), ("X",)]),
    ),
    max_size=25,
)


def taken_in(given_exchanges, counted, step_s=29):
    """At each look: the book, what it told, all rows taken so far, what waits and the time."""
    rows = [
        (
            at_s + lag,
            scored(
                n,
                session=session,
                at_s=at_s,
                recorded_key=key,
                fail_codes=codes,
                at_us=(at_s + lag) * SECOND,
            ),
        )
        for n, (session, at_s, key, lag, codes) in enumerate(given_exchanges)
    ]
    book = Book(RETURNING, counted.copy())
    for now_s in range(0, 700, step_s):
        book.take([row for scored_s, row in rows if now_s - step_s < scored_s <= now_s])
        pending = [
            (row.session, row.accepted_us)
            for scored_s, row in rows
            if scored_s > now_s >= row.accepted_us / SECOND
        ]
        known = [row for scored_s, row in rows if scored_s <= now_s]
        yield book, book.look(pending, now_s * SECOND), known, pending, now_s


@settings(deadline=None)
@given(exchanges, st.booleans())
def test_the_order_in_which_scores_arrive_never_matters(given_exchanges, by_day):
    *_, last = looks = list(taken_in(given_exchanges, Counted(by_day)))
    closed = [one for look in looks for one in look[1].closed]
    closed += last[0].look([], LATE).closed
    at_once = Book(RETURNING, Counted(by_day))
    at_once.take(last[2][::-1])
    assert tuple(closed) == at_once.look([], LATE).closed


@settings(deadline=None)
@given(exchanges)
def test_a_book_that_is_kept_tells_what_a_new_one_tells_of_all(given_exchanges):
    closed = []
    for _, found, known, pending, now_s in taken_in(given_exchanges, Counted()):
        closed += found.closed
        plain = Book(RETURNING)
        plain.take(known)
        at_once = plain.look(pending, now_s * SECOND)
        assert (*closed, *found.tail) == (*at_once.closed, *at_once.tail)


@settings(deadline=None)
@given(exchanges)
def test_a_session_is_never_less_bad_than_its_floor_said(given_exchanges):
    *_, last = looks = list(taken_in(given_exchanges, Counted()))
    closed = [one for look in looks for one in look[1].closed]
    closed += last[0].look([], LATE).closed
    became = {(one.id, one.start_us): one.badness for one in closed}
    for one in [one for look in looks for one in look[1].tail if isinstance(one, OpenSession)]:
        for gate, least in one.floors.items():
            assert became[one.id, one.start_us][gate] >= least - 1e-12


def test_a_clock_that_is_wrong_makes_nothing_else_come_too_late():
    book = Book(RULES)
    book.take([scored(1, at_s=40 * 3_600, at_us=SECOND)])
    assert len(book.look([], LATE).closed) == 1
    book.take([scored(2)])
    assert ids(book.look([], LATE).closed) == ["s000002"]


def test_whom_a_wrong_clock_stamped_is_heard_again_when_others_are_and_counts_once():
    wrong = scored(1, session="s", at_s=40 * 86_400, at_us=SECOND)
    book = Book(RULES)
    book.take([wrong])
    (joined,) = book.look([], LATE).closed
    resumed = Book(RULES)
    resumed.resume([joined])
    kept = Book.taken_back(RULES, Counted(), json.loads(json.dumps(book.joined())))
    for one in (book, resumed, kept):
        one.take([wrong, scored(2, session="s", at_s=20)])  # of the session that counted
        assert not one.look([], LATE).closed
        one.take([scored(3, session="s", at_s=86_400)])
        assert ids(one.look([], LATE).closed) == ["s"]


def test_an_answer_that_stands_alone_takes_no_recorded_answer_from_a_pair():
    alone = scored(1, recorded_key="k", unpaired="sampling")
    first, pair = look([alone, scored(2, recorded_key="k")]).closed
    assert (first.fresh, first.keys) == (1, ())
    assert (pair.fresh, pair.keys) == (1, ("k",))
