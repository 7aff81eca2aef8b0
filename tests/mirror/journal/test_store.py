import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, event, make_url, select, text, update
from sqlalchemy.exc import IntegrityError

from mirror.journal import schema, tables
from mirror.journal import store as module
from mirror.journal.store import Store, StoreError, insert_new

COUNTER = tables.spool_position

ADD = """
import sys
from sqlalchemy import select, update
from mirror.journal.store import Store
from mirror.journal.tables import spool_position as table
store = Store.open(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with store.write() as conn:
        at = conn.scalar(select(table.c.offset).with_for_update())
        conn.execute(update(table).values(offset=at + 1))
"""


def add_one(store):
    with store.write() as conn:
        at = conn.scalar(select(COUNTER.c.offset).with_for_update())
        conn.execute(update(COUNTER).values(offset=at + 1))


def value(store):
    with store.read() as conn:
        return conn.scalar(select(COUNTER.c.offset))


def start_counting(store):
    with store.write() as conn:
        insert_new(conn, COUNTER, {"segment": "counter", "offset": 0})


def test_writers_of_several_threads_and_processes_take_turns_and_lose_nothing(store, store_url):
    start_counting(store)
    others = [
        subprocess.Popen([sys.executable, "-c", ADD, store_url, "40"], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: add_one(store), range(80)))
    for other in others:
        _, err = other.communicate(timeout=60)
        assert other.returncode == 0, err
    assert value(store) == 80 + 2 * 40


def test_a_new_store_may_be_opened_by_several_at_once(new_store_url):
    with ThreadPoolExecutor(4) as threads:
        for store in threads.map(Store.open, [new_store_url] * 4):
            store.close()


def test_an_exception_rolls_back(store):
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        insert_new(conn, COUNTER, {"segment": "a", "offset": 1})
        raise ZeroDivisionError
    assert value(store) is None


def test_a_row_is_inserted_once(store):
    with store.write() as conn:
        row = {"segment": "a", "offset": 1}
        assert insert_new(conn, COUNTER, row)
        assert not insert_new(conn, COUNTER, row | {"offset": 2})
    assert value(store) == 1


def test_foreign_keys_hold(store):
    with pytest.raises(IntegrityError), store.write() as conn:
        insert_new(conn, tables.in_flight, {"exchange_id": "nobody", "spool": "x"})


def test_reading_waits_for_no_writer(home):
    store = Store.open(home.store_url)
    start_counting(store)
    with store.write() as conn:
        conn.execute(update(COUNTER).values(offset=5))
        assert value(store) == 0
    assert value(store) == 5
    store.close()


def test_sqlite_is_set_to_lose_nothing(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        said = {
            name: conn.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert said == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }
    store.close()


def test_sqlite_overwrites_what_it_frees_whatever_it_was_built_to_do(home):
    """Else who settles an exchange leaves its words where its row was, and no erasure reaches them."""

    def off(connection, _):
        connection.execute("PRAGMA secure_delete=OFF")

    event.listen(Engine, "connect", off)
    try:
        store = Store.open(home.store_url)
        for way in (store.read, store.write):
            with way() as conn:
                assert conn.scalar(text("PRAGMA secure_delete")) == 1
        store.close()
    finally:
        event.remove(Engine, "connect", off)


def test_a_store_that_stays_locked_says_who_to_look_for(home, monkeypatch):
    monkeypatch.setattr(module, "BUSY_S", 0.01)
    store, other = Store.open(home.store_url), Store.open(home.store_url)
    with store.write(), pytest.raises(StoreError, match=r"locked; .*hanging crossfade"):
        add_one(other)
    store.close()
    other.close()


def test_a_full_disk_is_told_and_nothing_is_kept(home):
    store = Store.open(home.store_url)
    with pytest.raises(StoreError, match="full; free some space"), store.write() as conn:
        conn.execute(text("PRAGMA max_page_count=1"))
        conn.execute(text("CREATE TABLE big AS SELECT zeroblob(1000000) AS x"))
    store.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "not the URL of a store"),
        ("oracle9://x", "not the URL of a store"),
        ("sqlite:////nowhere/at/all/store.db", r"store\.db: unable to open .* folder exists"),
        ("postgresql://me:secret@127.0.0.1:1/x", r"me:\*\*\*@.*running and reachable"),
    ],
)
def test_a_store_that_cannot_be_opened_is_told_with_what_to_do(url, told):
    with pytest.raises(StoreError, match=told) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(home):
    (home.path / "store.db").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(StoreError, match="not a database; the file is something else"):
        Store.open(home.store_url)


def test_a_writer_of_many_batches_does_not_starve_another(home):
    store, stop, batches = Store.open(home.store_url), threading.Event(), []
    start_counting(store)

    def hog():
        while not stop.is_set():
            with store.write() as conn:
                conn.execute(text("UPDATE spool_position SET segment = segment"))
                conn.execute(
                    text(
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT count(*) FROM n"
                    )
                )
            batches.append(1)

    thread = threading.Thread(target=hog)
    thread.start()
    try:
        for _ in range(10):
            add_one(store)
    finally:
        stop.set()
        thread.join()
    assert value(store) == 10
    store.close()


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_who_listens_is_told_at_once_and_otherwise_waits_no_longer_than_asked(store):
    with store.listening("some_news") as wait:
        wait(0.001)  # nobody said anything
        with store.write() as conn:
            conn.execute(text("NOTIFY some_news"))
        wait(3600)


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_a_store_that_goes_away_while_somebody_listens_is_told(store):
    with pytest.raises(StoreError, match="store postgresql"), store.listening("news") as wait:
        with store.write() as conn:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN news'"
            conn.execute(text(others))
        wait(3600)


def test_a_lost_network_is_an_error_within_seconds_unless_the_url_says_otherwise():
    url = make_url("postgresql://u@h/d?connect_timeout=3")
    given = module._lost_soon(url, 30.0)
    assert "connect_timeout" not in given
    assert int(given["tcp_user_timeout"]) <= 10_000
    patient, short = (module._lost_soon(make_url("postgresql://h/d"), s) for s in (30.0, 3.0))
    assert (patient["connect_timeout"], short["connect_timeout"]) == ("10", "3")


def test_who_only_asks_sees_what_is_there_and_brings_an_old_schema_up_to_date(new_store_url):
    asked = Store.open_to_ask(new_store_url, 2.0)
    with asked.read() as conn:
        assert schema.is_current(conn)
    asked.close()
    again = Store.open_to_ask(new_store_url, 2.0)
    with again.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM event")).scalar() == 0
    again.close()


def test_who_only_asks_waits_for_no_lock_longer_than_said(store, store_url):
    if store_url.startswith("sqlite"):
        pytest.skip("there readers wait for nobody who writes")
    with store.write() as conn:
        conn.execute(text("LOCK TABLE event IN ACCESS EXCLUSIVE MODE"))
        asked = Store.open_to_ask(store_url, 0.2)
        began_s = time.monotonic()
        with (
            pytest.raises(StoreError, match="another process holds it"),
            asked.read() as reader,
        ):
            reader.execute(text("SELECT count(*) FROM event"))
        assert time.monotonic() - began_s < 5
        asked.close()
