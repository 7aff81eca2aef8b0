import json

import pytest
from builders import replied

from mirror.exchange import Attempt, End, Fact, Leg, Side, Source
from mirror.journal import events, reports


def reported(store, reply):
    with store.write() as conn:
        reports.replied(conn, "clinic", "chat", reply, "c" * 64)
        return [json.loads(event.body) for event in events.read(conn, "clinic")]


def test_a_served_answer_of_the_cloud_is_two_events(store):
    served, egress = reported(store, replied(1))
    assert served["type"] == "request.served" and served["outcome"] == "ok"
    assert served["actor"] == {"kind": "service", "name": "proxy"}
    assert served["object"] == {"kind": "exchange", "id": "e000001"}
    assert served["details"]["body_commitment"] == "c" * 64
    assert egress["type"] == "egress.done"
    assert egress["details"] == {
        "leg": "served",
        "side": "primary",
        "upstream": "cloud",
        "status": 200,
        "took_us": 250_000,
    }


def test_an_answer_from_inside_is_no_egress(store):
    (sent,) = reported(store, replied(1, Leg.SHADOW))
    assert (sent["type"], sent["actor"]["name"]) == ("shadow.sent", "shadow")


def test_a_failed_leg_says_how_it_ended(store):
    (sent,) = reported(store, replied(1, Leg.SHADOW, end=End.TIMEOUT, status=None))
    assert (sent["outcome"], sent["reason"]) == ("failed", "timeout")


def test_every_attempt_that_reached_for_the_cloud_is_on_the_egress_record(store):
    attempts = (
        Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 5),
        Attempt(Side.CANDIDATE, "other-cloud", "cloud", End.HTTP_ERROR, 500, 6),
        Attempt(Side.CANDIDATE, "third-cloud", "cloud", End.DIVERTED, None, 0),
    )
    _, *egress = reported(store, replied(1, failed_over=attempts))
    assert [event["details"]["upstream"] for event in egress] == ["other-cloud", "cloud"]
    assert [event["reason"] for event in egress] == ["http_error", ""]


@pytest.mark.parametrize("end", [End.BLOCKED, End.CAPABILITY_GAP])
def test_what_was_not_sent_is_no_egress(store, end):
    (served,) = reported(store, replied(1, end=end, status=None))
    assert served["reason"] == end


def test_a_copy_that_the_candidate_lacks_the_means_for_was_not_sent(store):
    reply = replied(1, Leg.SHADOW, end=End.CAPABILITY_GAP, status=None)
    (skipped,) = reported(store, reply)
    assert (skipped["type"], skipped["reason"]) == ("shadow.skipped", "capability_gap")


def test_who_answered_is_told_with_how_that_is_known(store):
    facts = (Fact("model", "own", Source.OBSERVED), Fact("gpus", "L40S", Source.DECLARED))
    (sent,) = reported(store, replied(1, Leg.SHADOW, facts=facts, other="it fell back"))
    assert sent["details"]["facts"] == {"model": "own (observed)", "gpus": "L40S (declared)"}
    assert sent["details"]["other"] == "it fell back"
