import socket

import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode, running

from compare.opinions import chat
from compare.opinions.chat import ChatJudge, ChatModel, ChatNli
from compare.opinions.port import Claim, Question, Unheard
from compare.premises import OffPremises
from mirror.egress import CredentialMissing
from policies.judges import Judge

NOWHERE = "http://127.0.0.1:9/v1"
SAID = '{"verdict": "agree", "difference": "", "first_grade": 7, "second_grade": 7}'
ASKED = [[{"role": "user", "content": "How?"}]]
SHAPE = {"type": "object"}


def a_model(base_url, upstream="gpu", clock=lambda: 0.0, **spec):
    policy = two_sided(NOWHERE, base_url)
    judge = Judge.model_validate({"upstream": upstream, "model": "own"} | spec)
    model = ChatModel.of(judge, policy, {})
    model.clock = clock
    return model


def test_it_is_asked_for_the_shape_that_is_read_and_for_nothing_random():
    with running(FakeUpstream(text=SAID)) as (server,):
        assert a_model(server.base_url).answers(ASKED, SHAPE) == [SAID]
    (asked,) = (one.json for one in server.seen)
    assert asked["temperature"] == 0 and asked["model"] == "own"
    assert asked["messages"] == ASKED[0]
    assert asked["response_format"]["json_schema"]["schema"] == SHAPE


def test_every_request_has_a_fence_of_its_own_and_one_claim():
    with running(FakeUpstream(text='{"relation": "neutral"}')) as (server,):
        model = a_model(server.base_url)
        ChatNli(model).relations([Claim("one", "two"), Claim("three", "four")])
        ChatJudge(model).rulings([Question("How?", "one", "two")])
    texts = [one.json["messages"][1]["content"] for one in server.seen]
    assert len(texts) == 3 and len({text.split()[0] for text in texts}) == 3
    assert not any("one" in text and "three" in text for text in texts)


@pytest.mark.parametrize("upstream", ["cloud", "gpu", "unknown"])
def test_a_model_in_the_cloud_or_at_its_address_is_never_asked(upstream, monkeypatch):
    def opened(*_):
        raise AssertionError("a socket was opened or a name looked up")

    monkeypatch.setattr(socket.socket, "connect", opened)
    monkeypatch.setattr(socket, "getaddrinfo", opened)
    with pytest.raises(OffPremises):
        a_model(NOWHERE.replace("/v1", "/v2"), upstream)


def test_a_missing_key_is_told_before_anything_is_scored():
    whole = two_sided(NOWHERE, "http://127.0.0.1:10/v1").model_dump(mode="json")
    whole["upstreams"]["gpu"]["credential"] = {"mode": "swap", "env": "GPU_KEY"}
    policy = type(two_sided(NOWHERE, NOWHERE)).model_validate(whole)
    with pytest.raises(CredentialMissing, match="GPU_KEY"):
        ChatModel.of(Judge(upstream="gpu", model="own"), policy, {})


def test_one_that_was_away_is_left_alone_for_a_while():
    now = [0.0]
    with running(FakeUpstream(mode=Mode.UNAVAILABLE)) as (server,):
        model = a_model(server.base_url, clock=lambda: now[0])
        assert model.answers(ASKED, SHAPE) == [Unheard("it answered 503")]
        server.mode = Mode.OK
        server.text = SAID
        now[0] = chat.RESTS_S - 1
        assert model.answers(ASKED, SHAPE) == [Unheard("it was away a moment ago")]
        assert len(server.seen) == 1
        now[0] = chat.RESTS_S
        assert model.answers(ASKED, SHAPE) == [SAID]


def test_a_request_that_is_refused_is_no_reason_to_leave_the_others_out():
    with running(FakeUpstream(mode=Mode.LIMITED)) as (server,):
        model = a_model(server.base_url)
        assert model.answers(ASKED * 3, SHAPE) == [Unheard("it answered 429")] * 3
        server.mode, server.text = Mode.OK, SAID
        assert model.answers(ASKED, SHAPE) == [SAID]  # it is not left alone
        assert len(server.seen) == 4


def test_one_that_never_answers_is_given_up_within_its_time():
    with running(FakeUpstream(mode=Mode.HANG)) as (server,):
        model = a_model(server.base_url, timeout_s=0.2)
        said = model.answers(ASKED * 20, SHAPE)
    assert said == [Unheard("no answer within 0.2 s")] * 20
    assert len(server.seen) <= chat.AT_ONCE


def test_all_opinions_of_a_batch_have_a_time_together(monkeypatch):
    monkeypatch.setattr(chat, "WITHIN_S", 0.2)
    with running(FakeUpstream(mode=Mode.HANG)) as (server,):
        said = a_model(server.base_url).answers(ASKED * 3, SHAPE)
    assert said == [Unheard("not all opinions came within 0.2 s")] * 3
