"""The egress record in the store: one event for each end, also of what a killed process left."""

import json

from builders import intended

from mirror.egress_record import Done, Purpose
from mirror.journal import departures, events


def told(conn, tenant="clinic"):
    return [json.loads(event.body) for event in events.read(conn, tenant)]


def done(intent, reason="", status=200):
    return Done(intent, reason, status, 5000)


def test_a_request_is_one_event_at_its_end(store):
    with store.write() as conn:
        departures.take(conn, "proxy-1", [intended(1)])
        assert told(conn) == []
        departures.take(conn, "proxy-1", [done(intended(1))])
        (event,) = told(conn)
    assert (event["type"], event["outcome"]) == ("egress.done", "ok")
    assert event["object"] == {"kind": "exchange", "id": "e000001"}
    assert event["details"] == {
        "egress": "d000001",
        "purpose": "served",
        "upstream": "cloud",
        "call": "POST /v1/chat/completions",
        "sent_bytes": 32,
        "before": False,
        "status": 200,
        "took_us": 5000,
    }


def test_what_left_is_told_with_the_patient_that_it_was_about(store):
    intent = intended(1, before=True, subject="XUTVCIP7YBVQRJJWP5VR")
    with store.write() as conn:
        departures.take(conn, "proxy-1", [intent])
        departures.take(conn, "proxy-1", [done(intent), intended(2, subject=intent.subject)])
        departures.bury(conn, "proxy-1", 1_700_000_001_000_000)
        found = told(conn)
    assert [one["type"] for one in found] == ["egress.intent", "egress.done", "egress.done"]
    assert {one["details"]["subject"] for one in found} == {intent.subject}


def test_with_before_the_intent_is_an_event_too(store):
    intent = intended(1, before=True, purpose=Purpose.PASSED)
    with store.write() as conn:
        departures.take(conn, "proxy-1", [intent, done(intent, "timeout", None)])
        before, after = told(conn)
    assert (before["type"], after["type"]) == ("egress.intent", "egress.done")
    assert (after["outcome"], after["reason"]) == ("failed", "timeout")


def test_what_a_gone_process_left_is_told_once(store):
    with store.write() as conn:
        departures.take(conn, "proxy-1", [intended(1), intended(2), done(intended(2))])
        departures.take(conn, "proxy-2", [intended(3)])
        assert departures.bury(conn, "proxy-1", 1_700_000_001_000_000) == 1
        assert departures.bury(conn, "proxy-1", 1_700_000_001_000_000) == 0
        _, killed = told(conn)
    assert killed["details"]["egress"] == "d000001"
    assert (killed["outcome"], killed["reason"]) == ("failed", "process_killed")


def test_the_copies_of_a_killed_sender_are_the_senders(store):
    with store.write() as conn:
        departures.take(conn, "shadow-1", [intended(1, purpose=Purpose.REASK)])
        departures.bury(conn, "shadow-1", 1_700_000_001_000_000)
        (event,) = told(conn)
    assert event["actor"] == {"kind": "service", "name": "shadow"}
