import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mirror.journal.chain import Link
from mirror.journal.events import append, read, together
from mirror.journal.store import Store, StoreError

WHO = {"kind": "human", "name": "aminah"}
WHAT = {"kind": "rollout", "id": "clinic/chat"}


def add(conn, tenant="clinic", **changes):
    values = {
        "tenant": tenant,
        "type": "hold.placed",
        "actor": WHO,
        "object": WHAT,
        "at_us": 1_700_000_000_000_000,
        "reason": "monsoon",
        "details": {"share": "12.5", "n": 3},
    }
    return append(conn, **values | changes)


@pytest.fixture
def chain(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        for number in range(5):
            add(conn, at_us=1_700_000_000_000_000 + number)
        yield read(conn, "clinic")
    store.close()


def test_a_store_that_is_broken_is_told_as_one_also_by_an_event(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 's.db'}")
    with store.write() as conn:
        add(conn)
        conn.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'malformed'); END"
        )
    with pytest.raises(StoreError, match="malformed"), store.write() as conn:
        add(conn)
    store.close()


def test_sequences_are_a_tenants_own_and_have_no_gaps(store):
    with store.write() as conn:
        assert [add(conn), add(conn), add(conn, tenant="dental"), add(conn)] == [1, 2, 1, 3]
    with store.write() as conn:
        assert add(conn, tenant="dental") == 2
    with store.read() as conn:
        assert [event.seq for event in read(conn, "clinic", after=1, limit=1)] == [2]


def test_an_event_is_undone_with_the_state_it_reports(store):
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        add(conn)
        raise ZeroDivisionError
    with store.write() as conn:
        assert add(conn) == 1


def test_an_event_is_undone_with_the_part_of_a_transaction_it_reports(store):
    with store.write() as conn:
        assert add(conn) == 1
        with conn.begin_nested() as part:
            assert add(conn) == 2
            part.rollback()
        assert add(conn, reason="another") == 2
        assert add(conn) == 3
    with store.read() as conn:
        assert Link("clinic").follow(read(conn, "clinic")) is None


def test_events_of_a_part_of_a_transaction_that_was_kept_are_followed_by_the_rest(store):
    with store.write() as conn:
        with together(conn):
            with conn.begin_nested():
                assert add(conn) == 1
            assert add(conn) == 2
        with conn.begin_nested(), together(conn):
            assert add(conn) == 3
        assert add(conn) == 4
    with store.read() as conn:
        assert Link("clinic").follow(rows := read(conn, "clinic")) is None
    assert len(rows) == 4


@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_part_of_a_transaction_takes_no_event_from_before_it_along_when_it_is_undone(
    store, at_the_end
):
    with (
        pytest.raises(RuntimeError, match="events from before a savepoint"),
        store.write() as conn,
        together(conn),
    ):
        add(conn)
        part = conn.begin_nested()
        if not at_the_end:
            add(conn)
            part.rollback()
    with store.read() as conn:
        assert read(conn, "clinic") == []


def test_a_part_in_which_nothing_is_appended_leaves_what_was_before_it(store):
    with store.write() as conn, together(conn):
        add(conn)
        conn.begin_nested().rollback()
        assert add(conn) == 2
    with store.read() as conn:
        assert Link("clinic").follow(rows := read(conn, "clinic")) is None
    assert len(rows) == 2


def test_events_that_are_written_together_stand_there_at_the_end_as_if_one_by_one(store):
    with store.write() as conn:
        add(conn)
        with together(conn):
            seqs = [add(conn), add(conn, tenant="dental"), add(conn)]
            assert len(read(conn, "clinic")) == 1
        assert seqs == [2, 1, 3]
        assert [event.seq for event in read(conn, "clinic")] == [1, 2, 3]
        assert add(conn) == 4
    with store.read() as conn:
        assert Link("clinic").follow(rows := read(conn, "clinic")) is None
        assert [event.seq for event in read(conn, "dental")] == [1]
    assert [event.seq for event in rows] == [1, 2, 3, 4]


def test_events_that_were_to_be_written_together_are_undone_with_their_transaction(store):
    with pytest.raises(ZeroDivisionError), store.write() as conn, together(conn):
        add(conn)
        raise ZeroDivisionError
    with store.write() as conn:
        assert add(conn) == 1


def test_what_another_connection_wrote_between_two_transactions_is_followed(store):
    for _ in range(3):
        with store.write() as conn:
            add(conn)
        with ThreadPoolExecutor(1) as other, store.read():
            other.submit(_one_more, store).result()
    with store.read() as conn:
        assert Link("clinic").follow(rows := read(conn, "clinic")) is None
    assert len(rows) == 6


def _one_more(store):
    with store.write() as conn:
        add(conn)


def test_writers_at_once_leave_no_gap(store):
    def write():
        for _ in range(20):
            with store.write() as conn:
                add(conn)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        rows = read(conn, "clinic")
    assert len(rows) == 80
    assert Link("clinic").follow(rows) is None


def waits(conn):
    """Whether another transaction waits for the log; SQLite lets none begin."""
    if conn.dialect.name == "sqlite":
        return True
    blocked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return conn.exec_driver_sql(blocked).scalar_one() > 0


def test_who_writes_for_the_same_tenants_in_another_order_waits_and_is_not_refused(store):
    added, failed = threading.Event(), []

    def other_way_round():
        try:
            with store.write() as conn:
                add(conn, "second")
                added.set()
                add(conn, "first")
        except Exception as error:
            failed.append(error)

    with store.write() as conn:
        add(conn, "first")
        thread = threading.Thread(target=other_way_round)
        thread.start()
        while not (added.is_set() or waits(conn)):
            pass
        add(conn, "second")
    thread.join(60)
    assert (failed, thread.is_alive()) == ([], False)


def test_leaves_are_rfc_6962_and_linked(chain):
    first, second, *_ = chain
    assert first.leaf == hashlib.sha256(b"\0" + first.body.encode()).hexdigest()
    assert first.prev == "0" * 64
    assert second.prev == first.leaf == json.loads(second.body)["prev"]
    assert json.loads(first.body) == {
        "v": 1,
        "origin": "clinic",
        "tenant": "clinic",
        "seq": 1,
        "at_us": 1_700_000_000_000_000,
        "type": "hold.placed",
        "actor": WHO,
        "object": WHAT,
        "outcome": "ok",
        "reason": "monsoon",
        "details": {"share": "12.5", "n": 3},
        "prev": "0" * 64,
    }
