"""Freezes that people place are rows while they hold, and events."""

import json

from cutover.people import Actor, Deed
from cutover.people import Kind as ActorKind
from cutover.plans import freezes
from cutover.plans.freezes import Kind, Placed
from mirror.journal import events

ANNA = Actor(ActorKind.HUMAN, "anna")
KEY = ("clinic", "chat")


def deed(at_us):
    return Deed(ANNA, at_us, "audit")


def place(conn, tenant="", route="", *, kind=Kind.PLACED, until_us=0, at_us=1):
    placed = Placed(tenant, route, kind, until_us, "anna", "audit", at_us)
    freezes.place(conn, placed, deed(at_us))
    return placed


def bodies(store, tenant=""):
    with store.read() as conn:
        return [json.loads(row.body) for row in events.read(conn, tenant)]


def test_a_freeze_is_placed_replaced_and_lifted_and_each_is_an_event(store):
    with store.write() as conn:
        place(conn, until_us=100)
        placed = place(conn, at_us=2)
        assert freezes.read(conn).rows == (placed,)
        assert freezes.lift(conn, "", "", Kind.PLACED, deed(3))
        assert not freezes.lift(conn, "", "", Kind.PLACED, deed(4))
        assert freezes.read(conn).rows == ()
    found = bodies(store)
    assert [one["type"] for one in found] == ["freeze.placed", "freeze.placed", "freeze.lifted"]
    changes = [(one["details"]["before"], one["details"]["after"]) for one in found]
    assert changes == [
        (None, {"until_us": 100}),
        ({"until_us": 100}, {"until_us": 0}),
        ({"until_us": 0}, None),
    ]
    assert found[0]["reason"] == "audit"


def test_what_ended_by_itself_is_not_lifted_again(store):
    with store.write() as conn:
        place(conn, until_us=100)
        assert not freezes.lift(conn, "", "", Kind.PLACED, deed(100))
        assert freezes.read(conn).rows == ()


def test_broken_glass_is_an_event_of_its_tenant(store):
    with store.write() as conn:
        assert place(conn, "clinic", "chat", kind=Kind.BROKEN, until_us=9).name == "clinic/chat"
        assert freezes.lift(conn, "clinic", "chat", Kind.BROKEN, deed(3))
    assert [one["type"] for one in bodies(store, "clinic")] == [
        "freeze.broken",
        "freeze.mended",
    ]


def test_a_freeze_concerns_the_rollouts_of_its_scope(store):
    with store.write() as conn:
        for scope in (("clinic", ""), ("", "audio"), ("other", "chat")):
            place(conn, *scope)
        found = freezes.read(conn)
    assert [one.name for one in found.rows] == ["*/audio", "clinic", "other/chat"]
    assert len(found.spans(KEY, 5)) == 1
    assert len(found.spans(("clinic", "audio"), 5)) == 2
    assert found.spans(("third", "chat"), 5) == []


def test_breaking_opens_what_was_placed_before_and_not_what_came_later(store):
    with store.write() as conn:
        place(conn, at_us=1)
        place(conn, "clinic", kind=Kind.BROKEN, until_us=50, at_us=2)
        assert freezes.read(conn).spans(KEY, 10) == []
        assert len(freezes.read(conn).spans(("other", "chat"), 10)) == 1
        assert len(freezes.read(conn).spans(KEY, 50)) == 1  # mended by time
        place(conn, "", "chat", at_us=3)
        assert len(freezes.read(conn).spans(KEY, 10)) == 1
