"""How the deployment is told to be, and that what is not known is no 0."""

import os
from contextlib import contextmanager

import pytest
from rollouts import KEY, World
from sqlalchemy import delete, update

from compare.ledger import comparisons
from cutover import condition
from cutover.condition import Busy, Spool
from mirror.journal.store import Store
from mirror.journal.tables import work
from mirror.publish import FENCE


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def test_the_sums_add_up_until_a_comparison_is_missing(world):
    world.good(2)
    world.exchange(pending=True)
    with world.store.write() as conn:
        told = condition.sums(conn)
        assert (told.seen, told.comparisons, told.adds_up, told.gaps) == (3, 2, True, 0)
        assert told.outcomes["pending"] == 1
        conn.execute(delete(comparisons).where(comparisons.c.number == 2))
        assert not condition.sums(conn).adds_up


def test_work_is_told_by_its_kind_and_by_who_holds_it(world):
    world.exchange(pending=True)
    now_us = world.clock() + 5_000_000
    with world.store.write() as conn:
        assert condition.busy(conn, now_us) == ()
        conn.execute(update(work).values(owner="w1", leased_until_us=now_us + 1))
        found = condition.queues(conn, now_us, lambda tenant: tenant == KEY[0])
        assert [(one.count, one.oldest_s) for one in found] == [(1, 5.5)] * 3
        assert condition.busy(conn, now_us) == tuple(Busy("w1", one.kind, 1) for one in found)
        assert condition.queues(conn, now_us, lambda tenant: False) == ()
        assert condition.busy(conn, now_us + 1) == ()


def test_the_spool_is_counted_in_bytes_and_unknown_where_it_cannot_be_read(tmp_path):
    assert condition.spool(tmp_path / "none").bytes is None
    assert "cannot be read" in condition.spool(tmp_path / "none").why
    assert condition.spool(tmp_path) == Spool(0)
    (tmp_path / "p1").mkdir()
    (tmp_path / "p1" / "1.spool").write_bytes(b"x" * 40)
    assert condition.spool(tmp_path) == Spool(40)


@contextmanager
def tells(monkeypatch, told):
    def answer(folder):
        if isinstance(told, OSError):
            raise told
        return told

    monkeypatch.setattr(condition.obeyed, "told", answer)
    yield


def test_a_proxy_that_obeys_an_older_table_is_behind(tmp_path, monkeypatch):
    with tells(monkeypatch, {"p1": {7: 100, 8: 200}, "p2": {7: 101}}):
        first, second = condition.proxies(tmp_path).proxies
    assert (first.version, first.since_us, first.behind) == (8, 200, False)
    assert (second.version, second.behind) == (7, True)


def test_a_table_is_told_by_whose_turn_it_is_and_its_number_in_it(tmp_path, monkeypatch):
    with tells(monkeypatch, {"p1": {FENCE + 4: 100, 3 * FENCE + 12: 200}}):
        (one,) = condition.proxies(tmp_path).proxies
    assert (one.version, one.turn, one.number) == (3 * FENCE + 12, 3, 12)


@pytest.mark.parametrize(
    ("told", "why"),
    [({}, "no proxy of this machine tells"), (OSError(13, os.strerror(13)), "cannot be read")],
)
def test_where_no_proxy_tells_it_is_said_why(tmp_path, monkeypatch, told, why):
    with tells(monkeypatch, told):
        found = condition.proxies(tmp_path)
    assert found.proxies == ()
    assert why in found.why
