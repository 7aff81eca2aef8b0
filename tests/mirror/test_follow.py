"""The follower: this machine's file becomes as new as the store's table, and never older."""

import contextlib
import json
import logging
import threading

import pytest

from mirror import publish
from mirror.follow import PATIENCE, Follower
from mirror.journal import published
from mirror.journal.store import StoreError
from mirror.publish import FENCE
from mirror.route_table import RouteTable, Standing


def standing(share=5.0):
    return Standing("clinic", "chat", "canary", share, epoch=3, salt="s")


def table(row, version):
    return RouteTable(version, 1, {(row.tenant, row.route): row})


@pytest.fixture
def follower(store, home):
    return Follower(store, home.routes_file)


def put(store, one):
    with store.write() as conn:
        assert published.put(conn, one.version, publish.written(one))


def test_what_another_machine_published_is_written_once(store, home, follower):
    assert not follower.step()
    first, second = (
        table(standing(), version=FENCE),
        table(standing(share=9.0), version=FENCE + 7),
    )
    put(store, first)
    assert follower.step()
    assert publish.read(home.routes_file) == first
    assert not follower.step()
    put(store, second)
    assert follower.step()
    assert publish.read(home.routes_file) == second


def test_a_controller_of_this_machine_is_ahead_and_stays_so(store, home, follower, caplog):
    newer = table(standing(share=50.0), version=2 * FENCE + 9)
    publish.write(home.routes_file, newer)
    put(store, table(standing(), version=2 * FENCE + 3))
    for _ in range(2 * PATIENCE):
        assert not follower.step()
    assert publish.read(home.routes_file) == newer
    assert not caplog.records


def test_a_store_that_was_put_back_is_told_once_and_not_obeyed(store, home, follower, caplog):
    newer = table(standing(share=50.0), version=3 * FENCE)
    publish.write(home.routes_file, newer)
    put(store, table(standing(), version=2 * FENCE + 3))
    for _ in range(2 * PATIENCE):
        assert not follower.step()
    assert publish.read(home.routes_file) == newer
    (record,) = caplog.records
    assert "the store was put back from a copy" in record.message


def test_a_table_that_cannot_be_believed_is_told_and_the_last_one_stays(
    store, home, follower, caplog
):
    good = table(standing(), version=FENCE)
    put(store, good)
    follower.step()
    broken = json.loads(publish.written(table(standing(), version=FENCE + 1)))
    broken["standings"][0]["stage"] = "moon"
    with store.write() as conn:
        published.put(conn, FENCE + 1, json.dumps(broken))
    assert not follower.step()
    assert not follower.step()
    assert publish.read(home.routes_file) == good
    (record,) = caplog.records
    assert (
        "the store's route table: no usable route table (clinic/chat: unknown stage)"
        in record.message
    )


class Away:
    """A store that is away until it is back."""

    def __init__(self, store):
        self.store, self.away, self.asked = store, True, threading.Event()

    @contextlib.contextmanager
    def listening(self, channel):
        self.asked.set()
        if self.away:
            raise StoreError("store: it is away")
        yield lambda seconds: threading.Event().wait(0.005)

    def read(self):
        return self.store.read()


def test_while_the_store_is_away_the_last_table_stays_and_then_it_follows_again(
    store, home, monkeypatch, caplog
):
    monkeypatch.setattr("mirror.follow.AGAIN_S", 0.001)
    caplog.set_level(logging.ERROR)
    last, next_one = (
        table(standing(), version=FENCE),
        table(standing(share=9.0), version=FENCE + 1),
    )
    publish.write(home.routes_file, last)
    put(store, next_one)
    away, stop = Away(store), threading.Event()
    thread = threading.Thread(target=Follower(away, home.routes_file).run, args=(stop,))
    thread.start()
    try:
        assert away.asked.wait(60)
        assert publish.read(home.routes_file) == last
        away.away = False
        while publish.read(home.routes_file) != next_one:
            assert thread.is_alive()
    finally:
        stop.set()
        thread.join(60)
    assert "the last route table stays in force: store: it is away" in caplog.text
    assert caplog.text.count("stays in force") == 1


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_it_is_told_of_a_change_and_need_not_ask(store, home, monkeypatch):
    monkeypatch.setattr("mirror.follow.ASK_S", 3600.0)
    stop = threading.Event()
    thread = threading.Thread(target=Follower(store, home.routes_file).run, args=(stop,))
    thread.start()
    try:
        for count in range(1, 6):
            put(store, table(standing(), version=count))
            while publish.version_in(home.routes_file) < count:
                assert thread.is_alive()
    finally:
        stop.set()
        put(store, table(standing(), version=99))  # it hears this, and looks whether to stop
        thread.join(60)
    assert not thread.is_alive()
