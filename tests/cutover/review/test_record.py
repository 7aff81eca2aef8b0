"""A review is one event in the deployment's own log, and the next one is due by what that log tells."""

import json

import pytest
from rollouts import ROOT, START_US
from sqlalchemy import text, update

from cutover.actors import CONTROLLER
from cutover.review import record
from cutover.review.nights import Known
from cutover.review.outcome import Kind, Opened, Outcome, Problem, Review, not_tried
from mirror.journal import chain, events, tables

WHOLE = Review(Outcome.WHOLE, 1, 3, 2, 1, 40)
FOUND = Review(Outcome.GAP, 1, 3, 2, 1, 40, 1, (Problem("clinic", 2, Kind.MISSING),))


def keep(store, review, at_us, by=CONTROLLER):
    with store.write() as conn:
        record.append(conn, review, by, at_us)


def told(store):
    with store.read() as conn:
        return [json.loads(one.body) for one in events.read(conn, "")]


def known(store):
    with store.read() as conn:
        return record.known(conn)


def test_it_says_who_when_what_was_looked_at_and_where_something_is_wrong(store):
    keep(store, FOUND, START_US)
    (said,) = told(store)
    assert (said["type"], said["at_us"], said["outcome"]) == (record.TYPE, START_US, "failed")
    assert said["actor"] == {"kind": "service", "name": "controller"}
    assert said["object"] == {"kind": "store", "id": "event logs"}
    assert said["details"] == {
        "found": "gap", "before": "", "logs": 1, "events": 3, "checkpoints": 2, "digests": 1, "took_ms": 40,
        "problems": 1, "first": [{"log": "clinic", "event": 2, "kind": "missing"}], "payloads": None,
    }  # fmt: skip
    with store.read() as conn:
        assert not [one for one in chain.checked(conn, "") if isinstance(one, chain.Broken)]


def test_each_says_what_the_one_before_found(store):
    for number, review in enumerate((FOUND, WHOLE, WHOLE)):
        keep(store, review, START_US + number, ROOT)
    assert [one["details"]["before"] for one in told(store)] == ["", "gap", "whole"]
    assert [one["outcome"] for one in told(store)] == ["failed", "ok", "ok"]
    with store.read() as conn:
        last = record.newest(conn)
    assert (last.at_us, last.by, last.review) == (START_US + 2, "os:root", WHOLE)


def test_the_next_is_due_by_the_last_the_last_with_payloads_and_the_beginning(store):
    assert known(store) == Known(None, None, None)
    with store.write() as conn:
        events.append(
            conn, tenant="clinic", type="hold.placed", actor=CONTROLLER.body(), object={"kind": "rollout", "id": "a/b"}, at_us=5
        )  # fmt: skip
    assert known(store) == Known(None, None, 5)
    opened = Review(Outcome.WHOLE, payloads=Opened(1, 2, 3))
    for number, review in enumerate((opened, WHOLE, not_tried("no", 1))):
        keep(store, review, 10 + number)
    assert known(store) == Known(12, 10, 5)


def test_the_last_is_the_one_that_was_written_last_whatever_its_clock_said(store):
    keep(store, WHOLE, START_US + 10**12)
    keep(store, FOUND, START_US)
    assert known(store).last_us == START_US


def test_one_that_was_changed_into_nonsense_counts_for_none(store):
    keep(store, WHOLE, 10)
    keep(store, FOUND, 20)
    for nonsense in ("{}", "no json", '{"details": {"found": "odd"}}', "[]"):
        with store.write() as conn:
            conn.execute(
                update(tables.event).where(tables.event.c.seq == 2).values(body=nonsense)
            )
        assert known(store).last_us == 10
        with store.read() as conn:
            assert record.newest(conn) is None


def test_they_are_found_by_an_index_however_long_the_log_is(store):
    with store.read() as conn:
        if conn.dialect.name != "sqlite":
            pytest.skip("asks SQLite")
        words = record._NUMBERS.compile(
            dialect=conn.dialect, compile_kwargs={"literal_binds": True}
        )
        plan = [row.detail for row in conn.execute(text(f"EXPLAIN QUERY PLAN {words}"))]
    assert "(tenant=? AND type=?)" in plan[0], plan
