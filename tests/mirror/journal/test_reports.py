import gzip
import json

from builders import replied

from mirror.exchange import End, Fact, Leg, Source
from mirror.journal import events, reports

STANDING = reports.Standing("clinic", "chat", "canary", 3)


def reported(store, reply):
    with store.write() as conn:
        reports.replied(conn, STANDING, reply, "c" * 64)
        return [json.loads(event.body) for event in events.read(conn, "clinic")]


def test_a_served_answer_is_an_event_that_commits_to_its_body(store):
    (served,) = reported(store, replied(1))
    assert served["type"] == "request.served" and served["outcome"] == "ok"
    assert served["actor"] == {"kind": "service", "name": "proxy"}
    assert served["object"] == {"kind": "exchange", "id": "e000001"}
    assert served["details"]["body_commitment"] == "c" * 64
    assert "request_commitment" not in served["details"], "it was recorded without one"


def test_who_was_served_commits_to_the_request_too_and_a_copy_of_it_not_again(store):
    legs = [replied(1), replied(1, Leg.SHADOW)]
    with store.write() as conn:
        for leg in legs:
            reports.replied(conn, STANDING._replace(asked="a" * 64), leg, "c" * 64)
        served, sent = (json.loads(one.body)["details"] for one in events.read(conn, "clinic"))
    assert served["request_commitment"] == "a" * 64
    assert "request_commitment" not in sent


def test_a_served_answer_tells_its_tokens_its_times_and_where_the_rollout_stood(store):
    body = b'{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":34}}'
    reply = replied(1, body=gzip.compress(body), content_encoding="gzip", first_token_us=70)
    told = reported(store, reply)[0]["details"]
    assert (told["input_tokens"], told["output_tokens"]) == (12, 34)
    assert (told["first_token_us"], told["stage"], told["epoch"]) == (70, "canary", 3)


def test_what_an_answer_does_not_tell_is_left_out(store):
    reply = replied(1, body=b"\x1f\x8b broken", content_encoding="gzip", first_byte_us=None)
    told = reported(store, reply)[0]["details"]
    assert not {"input_tokens", "output_tokens", "first_byte_us"} & told.keys()


def test_a_copy_is_the_senders(store):
    (sent,) = reported(store, replied(1, Leg.SHADOW))
    assert (sent["type"], sent["actor"]["name"]) == ("shadow.sent", "shadow")


def test_a_failed_leg_says_how_it_ended(store):
    (sent,) = reported(store, replied(1, Leg.SHADOW, end=End.TIMEOUT, status=None))
    assert (sent["outcome"], sent["reason"]) == ("failed", "timeout")


def test_a_copy_that_the_candidate_lacks_the_means_for_was_not_sent(store):
    reply = replied(1, Leg.SHADOW, end=End.CAPABILITY_GAP, status=None)
    (skipped,) = reported(store, reply)
    assert (skipped["type"], skipped["reason"]) == ("shadow.skipped", "capability_gap")


def test_who_answered_is_told_with_how_that_is_known(store):
    facts = (Fact("model", "own", Source.OBSERVED), Fact("gpus", "L40S", Source.DECLARED))
    (sent,) = reported(store, replied(1, Leg.SHADOW, facts=facts, other="it fell back"))
    assert sent["details"]["facts"] == {"model": "own (observed)", "gpus": "L40S (declared)"}
    assert sent["details"]["other"] == "it fell back"


def test_whose_an_exchange_is_stands_in_its_events_as_a_pseudonym_where_it_is_known(store):
    with store.write() as conn:
        reports.replied(conn, STANDING._replace(subject="SUBJECT"), replied(1), "c" * 64)
        reports.replied(conn, STANDING, replied(2), "c" * 64)
        known, unknown = [
            json.loads(one.body)["details"] for one in events.read(conn, "clinic")
        ]
    assert known["subject"] == "SUBJECT" and "subject" not in unknown
