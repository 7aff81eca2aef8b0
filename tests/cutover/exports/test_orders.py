"""Orders in the store: each step with its event, and none from where an order does not stand, on both engines."""

import json

import pytest
from exported_orders import CORA, MYKAD, an_order

from cutover.exports import orders
from cutover.exports.order import State
from cutover.exports.orders import Moved
from cutover.people import Deed
from mirror.journal import events


def written(store, *some):
    with store.write() as conn:
        return [orders.create(conn, one, Deed(CORA, 5, MYKAD, "CHG-1")) for one in some]


def told(store, tenant="clinic"):
    with store.read() as conn:
        return [json.loads(one.body) for one in events.read(conn, tenant)]


def test_it_is_found_as_it_was_written_and_its_event_covers_what_names_a_patient(store):
    (made,) = written(store, an_order())
    with store.read() as conn:
        assert orders.find(conn, made.id) == made
        assert orders.find(conn, "nothing") is None
    (event,) = told(store)
    assert event["object"] == {"kind": "export", "id": made.id}
    assert "850101" not in json.dumps(event)
    assert made.purpose == MYKAD


def test_of_two_who_change_it_the_second_is_told_and_nothing_is_written(store):
    (made,) = written(store, an_order())
    deed = Deed(CORA, 6, "yes")
    with store.write() as conn:
        now = {"state": State.APPROVED, "approved_by": "lena"}
        done = orders.advance(conn, made, deed, "export.approved", now=now)
    assert (done.state, done.approved_by) == (State.APPROVED, "lena")
    with pytest.raises(Moved), store.write() as conn:
        orders.advance(conn, made, deed, "export.refused", now={"state": State.REFUSED})
    assert [one["type"] for one in told(store)] == ["export.asked", "export.approved"]
    assert told(store)[1]["details"]["before"] == "requested"


def test_pages_and_counts_are_of_the_logs_and_states_that_were_asked(store):
    a, b, c = written(
        store,
        an_order(),
        an_order("other", State.RUNNING, "b"),
        an_order("clinic", State.DONE, "c", ended_us=7),
    )
    with store.read() as conn:
        assert orders.page(conn, None, (), None, 9) == [c, b, a]
        assert orders.page(conn, {"clinic"}, (), c.number, 9) == [a]
        assert orders.page(conn, None, {State.RUNNING}, None, 9) == [b]
        assert orders.page(conn, (), (), None, 9) == []
        assert orders.in_states(conn, State.RUNNING, State.REQUESTED) == [a, b]
        assert orders.unended(conn, "clinic") == (1, 2)
        assert (orders.kept(conn, 7, 9), orders.kept(conn, 6, 9)) == ([c], [])
