"""What the store remembers of rollouts, on both engines."""

import json

import pytest
from rollouts import ROOT, START_US
from sqlalchemy import inspect

from cutover import history, tables
from cutover.history import Moved, StaleRollout
from cutover.people import CONTROLLER, Deed
from cutover.rollout import Rollout, Transition
from cutover.stages import Signal, Stage
from mirror.journal import events

KEY = ("clinic", "chat")
NEW = Rollout("clinic", "chat", Stage.OFF, 0, 0, 1, START_US, "c" * 64)
DEED = Deed(CONTROLLER, START_US + 1, "the policy starts it")


def a_move(before, signal):
    after = before.after(signal, DEED.at_us)
    move = Transition(
        *KEY, signal, before.stage, after.stage, 0.0, 20.0, after.epoch, DEED.at_us,
        DEED.actor.name, DEED.reason,
    )  # fmt: skip
    return after, Moved(move, '{"verdict":"hold"}')


def test_a_rollout_comes_back_as_it_was_written(store):
    with store.write() as conn:
        history.create(conn, NEW)
    with store.read() as conn:
        assert history.rollouts(conn)[KEY].rollout == NEW


def test_a_move_is_kept_with_its_evidence_and_its_event(store):
    with store.write() as conn:
        saved = history.create(conn, NEW)
        after, moved = a_move(NEW, Signal.START)
        history.record_move(conn, saved, after, moved, DEED)
    with store.read() as conn:
        assert history.rollouts(conn)[KEY].rollout == after
        assert history.moves(conn, KEY) == [moved]
        told = json.loads(events.read(conn, "clinic")[0].body)
    assert told["type"] == "state.transition"
    assert told["object"] == {"kind": "rollout", "id": "clinic/chat"}
    assert told["details"]["to_share"] == "20"
    assert len(told["details"]["evidence_sha256"]) == 64


def test_of_two_who_read_the_same_the_second_to_write_is_refused(store):
    with store.write() as conn:
        saved = history.create(conn, NEW)
        after, moved = a_move(NEW, Signal.START)
        history.record_move(conn, saved, after, moved, DEED)
    with pytest.raises(StaleRollout), store.write() as conn:
        history.record_hold(conn, saved, DEED)
    with store.read() as conn:
        assert history.rollouts(conn)[KEY].rollout.held_by == ""
        assert len(events.read(conn, "clinic")) == 1


def test_a_move_whose_transaction_fails_leaves_neither_row_nor_event(store):
    with store.write() as conn:
        saved = history.create(conn, NEW)
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        after, moved = a_move(NEW, Signal.START)
        history.record_move(conn, saved, after, moved, DEED)
        raise ZeroDivisionError
    with store.read() as conn:
        assert history.rollouts(conn)[KEY].rollout == NEW
        assert history.moves(conn, KEY) == []
        assert events.read(conn, "clinic") == []


def test_a_hold_and_its_end_are_events_that_name_who(store):
    with store.write() as conn:
        saved = history.create(conn, NEW)
        held = history.record_hold(conn, saved, Deed(ROOT, 5, "look first"))
        assert (held.rollout.held_by, held.rollout.hold_reason) == ("os:root", "look first")
        free = history.record_resume(conn, held, Deed(ROOT, 6, "looked"))
        assert free.rollout == NEW
        told = [json.loads(one.body) for one in events.read(conn, "clinic")]
    assert [(one["type"], one["actor"]["name"], one["reason"]) for one in told] == [
        ("hold.placed", "os:root", "look first"),
        ("hold.lifted", "os:root", "looked"),
    ]


def test_the_migration_makes_the_tables_that_the_code_declares(store):
    ours = [
        table for table in tables.metadata.sorted_tables if table.name in {
            "rollout", "transition", "proposal", "approval", "person", "lease",
            "observation", "evidence_point",
        }
    ]  # fmt: skip
    with store.read() as conn:
        found = inspect(conn)
        for table in ours:
            columns = {one["name"]: one for one in found.get_columns(table.name)}
            assert columns.keys() == {column.name for column in table.columns}
            for column in table.columns:
                assert columns[column.name]["nullable"] == column.nullable
                made, declared = columns[column.name]["type"], column.type
                assert made.python_type is declared.python_type
                assert getattr(made, "length", None) == getattr(declared, "length", None)
            key = found.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key]
            indexes = {one["name"] for one in found.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= indexes
