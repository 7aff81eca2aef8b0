"""Conditions in the store, and the events of what became of a capacity."""

import json

from cutover.servers import kept
from cutover.servers.condition import Condition
from mirror.journal import events
from policies.capacity import Capacity

HALF = Condition("gpu", "b" * 64, ("GPU-a",), "GPU-a is hot", 5)


def test_a_condition_is_read_as_it_was_kept_and_another_takes_its_place(store):
    whole = Condition("other", "b" * 64, ("GPU-x",))
    with store.write() as conn:
        kept.keep(conn, HALF)
        kept.keep(conn, whole)
        assert kept.read(conn) == (HALF, whole)
        assert kept.halved(conn) == (HALF,)
        kept.keep(conn, Condition("gpu", "b" * 64, ("GPU-a",)))
        assert kept.halved(conn) == ()
        kept.drop(conn, "gpu")
        assert kept.read(conn) == (whole,)


def test_the_event_says_what_was_declared_and_what_is_accepted(store):
    with store.write() as conn:
        kept.report(conn, HALF, Capacity(in_flight=9), "GPU-a is hot", 7)
        kept.report(conn, Condition("gpu", "b"), Capacity(), "well again", 8)
        first, second = [json.loads(one.body) for one in events.read(conn, "")]
    assert first["type"] == "capacity.halved" and first["reason"] == "GPU-a is hot"
    assert first["object"] == {"kind": "upstream", "id": "gpu"}
    assert first["details"] == {
        "factor": "0.5",
        "declared": 9,
        "accepted": 4,
        "gpus": ["GPU-a"],
    }
    assert second["type"] == "capacity.restored"
    assert (second["details"]["declared"], second["details"]["factor"]) == (None, "1")
