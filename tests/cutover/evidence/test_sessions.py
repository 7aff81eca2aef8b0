"""Sessions close by count or clock, in the order of their starts, whenever scores arrive."""

from builders import REHEARSAL, SECOND, failure, scored
from hypothesis import given
from hypothesis import strategies as st

from cutover.evidence.gates import Basis
from cutover.evidence.observation import OpenSession, Rules, Session
from cutover.evidence.sessions import Book
from policies.policy import Sessions

RULES = Rules(
    REHEARSAL.model_copy(update={"sessions": Sessions(exchanges=3, open_s=100)}), Basis.NOISE
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


def test_an_answer_counts_in_the_session_that_started_first():
    rows = [
        scored(1, session="a", recorded_key="first"),
        scored(2, session="b", recorded_key="same"),
        scored(9, session="a", recorded_key="same"),
    ]
    for arrival in (rows, rows[::-1]):
        a, b = look(arrival).closed
        assert (a.fresh, b.fresh, b.repeated) == (2, 0, 1)


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


exchanges = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),  # session
        st.integers(0, 250),  # accepted, seconds
        st.sampled_from(["", "k1", "k2", "k3"]),
        st.integers(0, 400),  # scored this much later
    ),
    max_size=25,
)


@given(exchanges)
def test_the_order_in_which_scores_arrive_never_matters(given_exchanges):
    rows = [
        (at_s + lag, scored(n, session=session, at_s=at_s, recorded_key=key))
        for n, (session, at_s, key, lag) in enumerate(given_exchanges)
    ]
    at_once = look([row for _, row in rows]).closed
    book, closed = Book(RULES), []
    for now_s in range(0, 700, 7):
        book.take([row for scored_s, row in rows if now_s - 7 < scored_s <= now_s])
        pending = [
            (row.session, row.accepted_us)
            for scored_s, row in rows
            if scored_s > now_s >= row.accepted_us / SECOND
        ]
        closed += book.look(pending, now_s * SECOND).closed
    closed += book.look([], LATE).closed
    assert tuple(closed) == at_once
