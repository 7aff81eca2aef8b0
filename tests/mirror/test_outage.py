"""A store that is away is one line, then a count now and then, then that it is back; other trouble is never hidden by it."""

import logging
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.times.postgres import server, url_of
from mirror.journal.store import Store, StoreError
from mirror.outage import AGAIN_S, FORGOTTEN_S, Outage

LOG = logging.getLogger("crossfade.test")
WORDS = ("connection refused", "the server closed the connection", "it is starting up")


def away(words=WORDS[0]):
    return StoreError(words, away=True)


class Clock:
    now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outage(clock, caplog):
    caplog.set_level(logging.INFO)
    return Outage(clock)


def test_five_loops_and_all_that_postgresql_says_meanwhile_are_one_line_and_one_when_it_is_back(
    outage, clock, caplog
):
    loops = [f"loop {n}" for n in range(5)]
    for turn in range(60):
        for loop in loops:
            outage.failed(LOG, loop, away(WORDS[turn % 3]))
        clock.now_s += 0.9
    assert [one.message for one in caplog.records] == ["loop 0: connection refused"]
    for loop in loops:
        outage.worked(LOG, loop)
        outage.worked(LOG, loop)
    assert [(one.levelname, one.message) for one in caplog.records[1:]] == [
        ("INFO", "it goes on again: 300 failed attempts in 54 s")
    ]


def test_it_is_told_again_with_a_count_ever_more_seldom(outage, clock, caplog):
    for _ in range(24 * 3600):
        outage.failed(LOG, "ticks", away())
        clock.now_s += 1
    first, *later = [one.message for one in caplog.records]
    assert first == "ticks: connection refused"
    assert later[0] == "ticks: connection refused (61 failed attempts in 60 s)"
    assert 24 <= len(later) <= 24 + 7


def test_trouble_of_another_kind_is_told_while_the_store_is_away(outage, caplog):
    outage.failed(LOG, "ticks", away())
    outage.failed(LOG, "exports wait", StoreError("the disk is full"))
    outage.failed(LOG, "exports wait", StoreError("the disk is full"))
    outage.failed(LOG, "the review waits", StoreError("the disk is full"))
    outage.failed(LOG, "exports wait", OSError(13, "Permission denied"))
    assert [one.message for one in caplog.records] == [
        "ticks: connection refused",
        "exports wait: the disk is full",
        "the review waits: the disk is full",
        "exports wait: [Errno 13] Permission denied",
    ]


def test_numbers_of_processes_make_nothing_news(outage, caplog):
    for number in range(9):
        outage.failed(LOG, "ticks", StoreError(f"deadlock: process {number} waits"))
    assert len(caplog.records) == 1


def test_who_never_failed_says_nothing_and_the_next_outage_is_told_anew(outage, caplog):
    outage.worked(LOG, "ticks")
    assert not caplog.records
    for _ in range(2):
        outage.failed(LOG, "ticks", away())
        outage.worked(LOG, "beats")
        outage.worked(LOG, "ticks")
    assert [one.levelname for one in caplog.records] == ["ERROR", "INFO"] * 2


def fails(outage, clock, what, times, every_s=1, error=None):
    for _ in range(times):
        clock.now_s += every_s
        outage.failed(LOG, what, error or away())


def test_what_is_tried_no_more_hides_no_later_outage(outage, clock, caplog):
    outage.failed(LOG, "nothing is published", OSError(28, "No space left on device"))
    for seconds in (30, 60, 59):
        clock.now_s += FORGOTTEN_S
        fails(outage, clock, "ticks", seconds)
        outage.worked(LOG, "ticks")
    assert [one.message for one in caplog.records[1:]] == [
        "ticks: connection refused",
        "it goes on again: 30 failed attempts in 29 s",
        "ticks: connection refused",
        "it goes on again: 60 failed attempts in 59 s",
        "ticks: connection refused",
        "it goes on again: 59 failed attempts in 58 s",
    ]


def test_who_works_tells_the_end_of_what_has_long_not_failed(outage, clock, caplog):
    outage.failed(LOG, "nothing is published", OSError(28, "No space left on device"))
    for _ in range(10):
        clock.now_s += FORGOTTEN_S / 8
        outage.worked(LOG, "ticks")
    assert [one.levelname for one in caplog.records] == ["ERROR", "INFO"]


def test_trouble_that_lasts_for_days_hides_no_store_that_is_away_for_minutes(
    outage, clock, caplog
):
    for _ in range(3):
        fails(outage, clock, "exports wait", 86_400, error=StoreError("the disk is full"))
        fails(outage, clock, "ticks", 200)
        outage.worked(LOG, "ticks")
    told = [one.message for one in caplog.records]
    assert told.count("ticks: connection refused") == 3
    assert told.count("exports wait: the disk is full") == 1
    assert not any("goes on" in one for one in told)


def test_a_loop_that_tries_as_seldom_as_it_may_is_one_outage(outage, clock, caplog):
    fails(outage, clock, "ticks", 50, FORGOTTEN_S)
    outage.worked(LOG, "ticks")
    assert caplog.records[-1].message == "it goes on again: 50 failed attempts in 14,700 s"
    assert sum(one.message == "ticks: connection refused" for one in caplog.records) == 1


def test_a_block_is_waited_out_for_these_errors_alone_also_where_it_returns(outage, caplog):
    def step(error=None):
        with outage.waited_out(LOG, "ticks", StoreError):
            if error is None:
                return "done"
            raise error
        return "waits"

    assert step(away()) == "waits"
    with pytest.raises(ZeroDivisionError):
        step(ZeroDivisionError())
    assert [one.levelname for one in caplog.records] == ["ERROR"]
    assert step() == "done"
    assert [one.levelname for one in caplog.records] == ["ERROR", "INFO"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from([None, *WORDS]),
            st.floats(0, 99) | st.floats(FORGOTTEN_S - 1, 2 * FORGOTTEN_S),
        )
    )
)
def test_whatever_happens_each_outage_has_one_begin_and_one_end(turns):
    clock, lines, failing = Clock(), [], {}
    handler = logging.Handler()
    handler.emit = lines.append
    log = logging.Logger("crossfade.law")
    log.addHandler(handler)
    outage = Outage(clock)
    for what, words, passed_s in turns:
        clock.now_s += passed_s
        before, was = len(lines), bool(failing)
        for one in [one for one, at_s in failing.items() if clock.now_s - at_s > FORGOTTEN_S]:
            del failing[one]
        anew = words is not None and not failing
        if words is None:
            failing.pop(what, None)
            outage.worked(log, what)
        else:
            failing[what] = clock.now_s
            outage.failed(log, what, away(words))
        said = [one.levelname for one in lines[before:]]
        if anew or bool(failing) != was:
            assert said == (["ERROR"] if failing else ["INFO"])
        else:
            assert said in ([], ["ERROR"])
            assert not said or lines[-1].getMessage().endswith(" s)")
    whole_s = sum(passed_s for *_, passed_s in turns)
    assert sum(one.getMessage().endswith(" s)") for one in lines) <= whole_s / AGAIN_S


def test_a_postgresql_that_was_killed_is_away_and_a_fault_of_a_statement_is_not():
    with server() as running:
        store = Store.open(url_of(running.folder))
        with pytest.raises(StoreError) as locked, store.read() as conn:
            conn.exec_driver_sql("SET LOCAL lock_timeout = 1")
            with store.write() as other:
                other.exec_driver_sql("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
                conn.exec_driver_sql("SELECT 1 FROM event")
        assert not locked.value.away
        with pytest.raises(StoreError) as cut, store.read() as conn:
            running.end(signal.SIGKILL)
            conn.exec_driver_sql("SELECT 1")
        with pytest.raises(StoreError) as refused, store.read() as conn:
            conn.exec_driver_sql("SELECT 1")
        assert cut.value.away and refused.value.away
        running.start()
        with store.read() as conn:
            assert conn.exec_driver_sql("SELECT 1").scalar() == 1
        store.close()
