import asyncio
import json

import pytest
from builders import accepted, two_sided
from fakes import FakeUpstream, Mode

from mirror.choice import Choice
from mirror.egress import Egress
from mirror.exchange import End, Leg, Side
from mirror.journal import exchanges
from mirror.journal.seal import Sealer
from mirror.send import send
from policies.policy import Location
from policies.translation import NOTHING, IncludeUsage, Rule, Translation

ASK = {"model": "big", "messages": [{"role": "user", "content": "How often?"}], "seed": 7}


def sent(
    upstream=None,
    *,
    leg=Leg.SHADOW,
    stream=False,
    timeout_s=5.0,
    tenant="clinic",
    translation=NOTHING,
    deployment="test",
    **values,
):
    """The reply to one leg sent to a fake GPU server, and what that saw."""
    upstream = upstream or FakeUpstream()
    body = json.dumps(ASK | {"stream": stream}).encode()
    accept = accepted(1, body=body, streaming=stream, tenant=tenant, **values)

    async def case():
        async with upstream:
            policy = two_sided("http://127.0.0.1:9/v1", upstream.base_url)
            to = Choice(Side.CANDIDATE, "gpu", Location.ONPREM, "own", translation=translation)
            async with Egress(policy) as egress:
                return await send(egress, accept, leg, to, timeout_s, deployment)

    return asyncio.run(case()), upstream.seen


def test_the_copy_differs_in_the_models_name_alone():
    headers = {"content-type": "application/json", "x-request-id": "r1"}
    reply, (seen,) = sent(headers=headers)
    assert seen.json == ASK | {"stream": False, "model": "own"}
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.headers["x-request-id"] == "r1"
    assert (reply.exchange_id, reply.leg, reply.side) == ("e000001", Leg.SHADOW, Side.CANDIDATE)
    assert (reply.upstream, reply.location, reply.model) == ("gpu", "onprem", "own")


def test_a_copy_is_marked_with_its_deployment():
    _, (seen,) = sent(headers={"x-crossfade-copy": "elsewhere"}, deployment="here")
    assert seen.headers["x-crossfade-copy"] == "here"


@pytest.mark.parametrize("leg", [Leg.SHADOW, Leg.REASK])
def test_no_copy_asks_for_the_first_answer_again(leg):
    _, (seen,) = sent(leg=leg, headers={"idempotency-key": "k1", "user-agent": "app/1"})
    assert "idempotency-key" not in seen.headers
    assert seen.headers["user-agent"] == "app/1"


def test_a_whole_answer_is_a_complete_reply():
    reply, _ = sent(FakeUpstream(text="Twice daily.", headers={"x-litellm-model-id": "d7"}))
    assert reply.answered and reply.status == 200 and reply.error == ""
    assert b"Twice daily." in reply.body
    assert reply.content_type.startswith("application/json")
    assert (reply.served_model, reply.served_by) == ("own", "d7")
    assert 0 < reply.first_byte_us <= reply.total_us
    assert reply.first_token_us is None and reply.pace is None


def test_a_stream_has_a_first_token_after_its_first_byte():
    reply, _ = sent(FakeUpstream(text="one two three", pace_s=0.02), stream=True)
    assert reply.end is End.COMPLETE and reply.served_model == "own"
    assert reply.body.endswith(b"data: [DONE]\n\n")
    assert reply.first_byte_us < reply.first_token_us < reply.total_us
    assert (reply.pace.events, reply.pace.held_us) == (3, 0)
    assert reply.first_token_us <= reply.pace.last_us <= reply.total_us
    assert sum(number for _, number in reply.pace.gaps) == 2


@pytest.mark.parametrize(
    ("mode", "stream", "end", "status"),
    [
        (Mode.ERROR, False, End.HTTP_ERROR, 500),
        (Mode.LIMITED, True, End.HTTP_ERROR, 429),
        (Mode.REFUSE, False, End.CONNECT, None),
        (Mode.NOT_HTTP, False, End.BROKEN, None),
        (Mode.GARBAGE, False, End.MALFORMED, 200),
        (Mode.CUT, False, End.BROKEN, 200),
        (Mode.CUT, True, End.BROKEN, 200),
        (Mode.NO_TERMINAL, True, End.NO_TERMINAL, 200),
        (Mode.ERROR_FIRST, True, End.ERROR_EVENT, 200),
        (Mode.HANG, False, End.TIMEOUT, None),
        (Mode.SILENT, True, End.TIMEOUT, 200),
        (Mode.COMMENTS, True, End.TIMEOUT, 200),
    ],
)
def test_every_fault_is_a_reply(mode, stream, end, status):
    timeout_s = 0.3 if end is End.TIMEOUT else 5.0
    reply, _ = sent(FakeUpstream(mode=mode), stream=stream, timeout_s=timeout_s)
    assert (reply.end, reply.status) == (end, status), reply.error
    assert reply.error and not reply.answered
    assert reply.total_us > 0


def test_what_arrived_before_a_break_is_kept():
    reply, _ = sent(FakeUpstream(mode=Mode.CUT, text="one two three four"), stream=True)
    assert b"one" in reply.body and reply.first_token_us is not None


def test_a_leg_is_sent_once_whatever_happens():
    for mode in (Mode.ERROR, Mode.CUT, Mode.NOT_HTTP):
        _, seen = sent(FakeUpstream(mode=mode))
        assert len(seen) == 1


def test_a_long_body_is_cut_and_said_to_be():
    reply, _ = sent(FakeUpstream(text="x" * (5 << 20)), timeout_s=30)
    assert reply.body_cut and len(reply.body) == 4 << 20
    assert reply.end is End.COMPLETE


def test_a_body_without_an_end_is_not_read_to_it():
    upstream = FakeUpstream(text="x" * (60 << 20))
    reply, _ = sent(upstream, timeout_s=30)
    assert (reply.end, reply.error) == (End.MALFORMED, "longer than 16 MB")
    assert reply.body_cut and len(reply.body) == 4 << 20


def test_the_guard_refuses_a_tenant_nobody_knows():
    reply, seen = sent(tenant="nobody")
    assert reply.end is End.BLOCKED and seen == []


def test_a_copy_is_sent_as_its_upstream_understands_and_tells_its_usage():
    rules = (Rule(rename="seed", to="random_seed"),)
    known = Translation(include_usage=IncludeUsage.COPIES, rules=rules)
    reply, (seen,) = sent(stream=True, translation=known)
    assert reply.answered
    assert seen.json["random_seed"] == 7 and "seed" not in seen.json
    assert seen.json["stream_options"] == {"include_usage": True}


def test_what_a_candidate_lacks_is_not_asked_of_it():
    known = Translation(rules=(Rule(refuse="seed", why="it takes no seed"),))
    reply, seen = sent(translation=known)
    assert (reply.end, reply.error) == (End.CAPABILITY_GAP, "`seed`: it takes no seed")
    assert reply.status is None and not reply.answered
    assert seen == []


def test_a_model_named_with_half_a_character_can_be_recorded(store, home):
    reply, _ = sent(FakeUpstream(model="own\ud800\0"))
    sealer = Sealer.open(home)
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        assert exchanges.record_reply(conn, reply, sealer)
