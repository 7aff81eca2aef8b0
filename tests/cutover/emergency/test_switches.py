"""Switches are rows while they are on, and events."""

import json

from cutover.emergency import switches
from cutover.people import Actor, Deed, Kind
from mirror.journal import events

ANNA = Actor(Kind.HUMAN, "anna")


def deed(at_us, reason="new fans"):
    return Deed(ANNA, at_us, reason)


def types(store, tenant=""):
    with store.read() as conn:
        return [json.loads(row.body)["type"] for row in events.read(conn, tenant)]


def test_a_drain_is_on_until_it_is_given_back(store):
    with store.write() as conn:
        switches.drain(conn, "gpu", 100, deed(1))
        switches.drain(conn, "gpu", 0, deed(2))
        (found,) = switches.read(conn).drains
        assert (found.until_us, found.by, found.reason, found.at_us) == (
            0,
            "anna",
            "new fans",
            2,
        )
        assert switches.give_back(conn, "gpu", deed(3))
        assert not switches.give_back(conn, "gpu", deed(4))
        assert switches.read(conn).drains == ()
    assert types(store) == ["upstream.drained", "upstream.drained", "upstream.returned"]


def test_only_drains_whose_time_is_over_have_ended(store):
    with store.write() as conn:
        for name, until_us in (("a", 100), ("b", 101), ("c", 0)):
            switches.drain(conn, name, until_us, deed(1))
        assert [one.upstream for one in switches.ended(switches.read(conn), 100)] == ["a"]


def test_an_emergency_is_on_once_and_an_event_of_its_tenant(store):
    with store.write() as conn:
        assert switches.switch_on(conn, "clinic", "", deed(1)).name == "clinic"
        assert switches.switch_on(conn, "clinic", "", deed(2)) is None
        assert switches.switch_on(conn, "", "chat", deed(3)).name == "*/chat"
        assert switches.switch_on(conn, "", "", deed(3)).name == "all"
        assert not switches.switch_off(conn, "clinic", "chat", deed(4))
        assert switches.switch_off(conn, "clinic", "", deed(5))
        assert [one.name for one in switches.read(conn).emergencies] == ["all", "*/chat"]
    assert types(store, "clinic") == ["emergency.on", "emergency.off"]
