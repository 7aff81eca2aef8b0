import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollouts import ANNA
from sqlalchemy import select

from cutover.people import Deed
from cutover.retention import holds
from cutover.retention.holds import NoHold
from mirror.journal import events, tables

DEED = Deed(ANNA.actor, 77, "court order 12/2026")


def covered(store):
    with store.read() as conn:
        return set(conn.scalars(select(tables.exchange.c.id).where(holds.covers())))


def test_a_hold_covers_what_its_scope_says(world, store):
    one, two = world.exchange(), world.exchange()
    at_us = world.clock()
    world.clock.pass_s(1000)
    three = world.exchange()
    for scope, wanted in (
        ({}, {one, two, three}),
        ({"exchange_id": two}, {two}),
        ({"from_us": at_us}, {three}),
        ({"until_us": at_us}, {one, two}),
        ({"subject": "NOBODY"}, set()),
    ):
        with store.write() as conn:
            hold = holds.place(conn, "clinic", DEED, **scope)
        assert covered(store) == wanted, scope
        with store.write() as conn:
            holds.lift(conn, hold.id, DEED)
        assert covered(store) == set()
    with store.write() as conn:
        holds.place(conn, "other", DEED)
    assert covered(store) == set()


def test_placing_and_lifting_are_on_record_and_a_hold_is_lifted_once(store):
    with store.write() as conn:
        hold = holds.place(conn, "clinic", DEED)
        assert holds.standing(conn) == holds.standing(conn, "clinic") == [hold]
        holds.lift(conn, hold.id, DEED)
        assert holds.standing(conn) == []
        with pytest.raises(NoHold, match="no legal hold 1 stands"):
            holds.lift(conn, hold.id, DEED)
        placed, lifted = [json.loads(one.body) for one in events.read(conn, "clinic")]
    assert (placed["type"], lifted["type"]) == ("legal_hold.placed", "legal_hold.lifted")
    assert placed["reason"] == "court order 12/2026" and placed["actor"]["name"] == "anna"


times = st.integers(0, 30)
spans = st.tuples(times, times).map(lambda two: (min(two), max(two) if two[0] != two[1] else 0))


@given(st.lists(spans, max_size=6), times)
def test_a_time_is_free_where_no_hold_on_everything_stands(held, at):
    def within(span):
        return span[0] <= at and (not span[1] or at < span[1])

    free = holds.free_between(held)
    assert any(map(within, free)) == (not any(map(within, held)))
    assert free == sorted(free)


def test_only_holds_on_everything_that_stand_leave_a_time_out(store):
    with store.write() as conn:
        lifted = holds.place(conn, "clinic", DEED)
        holds.lift(conn, lifted.id, DEED)
        holds.place(conn, "other", DEED)
        holds.place(conn, "clinic", DEED, subject="X", from_us=3)
        assert holds.unheld(conn, "clinic") == [(0, 0)]
        holds.place(conn, "clinic", DEED, from_us=5, until_us=9)
        assert holds.unheld(conn, "clinic") == [(0, 5), (9, 0)]
        holds.place(conn, "clinic", DEED)
        assert holds.unheld(conn, "clinic") == []
