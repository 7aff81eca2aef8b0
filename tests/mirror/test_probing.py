"""The course of a probe, told what came back: no network, every turn."""

import json

import pytest
from builders import two_sided

from mirror.checks import State
from mirror.exchange import Side
from mirror.probing import Told, calls, course

URL = "http://127.0.0.1:{}/v1"
SSE = "text/event-stream"
OK = b'{"choices": [{"message": {"content": "ok"}, "logprobs": {"a": 1}}, 1]}'
WHOLE = (
    b'data: {"choices": [{"delta": {"content": "ok"}}]}\n\n'
    b'data: {"choices": [], "usage": {}}\n\ndata: [DONE]\n\n'
)


def chat(**gpu):
    policy = two_sided(URL.format(1), URL.format(2))
    upstreams = policy.model_dump(mode="json", exclude_unset=True)["upstreams"]
    changed = upstreams | {"gpu": upstreams["gpu"] | gpu}
    policy = two_sided(URL.format(1), URL.format(2), upstreams=changed)
    return next(one for one in calls(policy, "gpu") if one.title == "chat/completions own")


def followed(call, answer):
    """The result of a course whose requests are answered by a function of their bodies."""
    asked, steps, told = [], course(call), None
    while True:
        try:
            body = next(steps) if told is None else steps.send(told)
        except StopIteration as end:
            return end.value, asked
        asked.append(json.loads(body))
        told = answer(asked[-1])


def good(asked):
    if asked.get("stream"):
        return Told(200, WHOLE, SSE)
    return Told(200, OK)


def refusing(*names):
    def answer(asked):
        odd = [name for name in names if name in asked]
        return Told(400, b'{"error": {"message": "odd"}}') if odd else good(asked)

    return answer


def test_a_server_that_takes_everything_is_asked_four_times():
    (state, found, advice), asked = followed(chat(), good)
    assert (state, found, advice) == (State.OK, "answers", "")
    assert len(asked) == 4


def test_one_that_refuses_a_field_is_asked_about_each():
    (state, found, _), asked = followed(chat(), refusing("seed", "max_tokens"))
    assert (state, found) == (State.WARN, "answers; refuses `seed`, `max_tokens`")
    assert len(asked) > 10


def test_fields_that_are_refused_together_alone_are_told_so():
    def answer(asked):
        both = "seed" in asked and "tools" in asked
        return Told(422, b'{"detail": "not both"}') if both else good(asked)

    (state, found, _), _ = followed(chat(), answer)
    assert state is State.WARN
    assert found == "answers; refuses them together (422: not both)"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (Told(0, b"", fault="no answer within 60 s"), "no answer within 60 s"),
        (Told(404, b'{"error": {"message": "no such model"}}'), "404: no such model"),
        (Told(401, b'{"error": {"message": "Incorrect key sk-1234"}}'), "401"),
        (Told(500, b"<html>"), "500"),
        (Told(400, b'{"error": "plain words"}'), "400: plain words"),
        (Told(200, b"{}"), "200, and the body is"),
        (Told(200, b'{"error": {}}', "application/json"), "200, and the body is"),
    ],
)
def test_a_plain_request_that_is_not_answered_fails(told, says):
    (state, found, advice), asked = followed(chat(), lambda asked: told)
    assert state is State.FAIL and found.startswith(says) and advice
    assert "sk-1234" not in found
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (Told(400, b"{}"), "it does not stream (400)"),
        (Told(200, OK), "it answers `stream: true` with application/json"),
        (Told(200, WHOLE[:-14], SSE), "its stream is no_terminal"),
        (Told(200, b'data: {"error": {"a": 1}}\n\n', SSE), "its stream is error_event"),
    ],
)
def test_a_stream_that_is_none_fails(told, says):
    (state, found, _), _ = followed(chat(), lambda a: told if a.get("stream") else good(a))
    assert state is State.FAIL and found.startswith(says)


def test_a_call_that_the_policy_knows_to_be_lacking_is_not_made():
    (state, found, _), asked = followed(
        chat(translate=[{"refuse": "*", "why": "no chat"}]), good
    )
    assert (state, asked) == (State.SKIPPED, [])
    assert found == "not asked: it lacks this call: no chat"


def test_a_second_call_of_a_route_may_be_missing():
    policy = two_sided(
        URL.format(1), URL.format(2), routes=[{"route": "chat", "path": "/v1/*"}]
    )
    first, *others = [one for one in calls(policy, "gpu") if not one.probe.form]
    assert first.title == "chat/completions own"
    (state, found, _), _ = followed(first, lambda asked: Told(404, b"{}"))
    assert state is State.FAIL
    for one in others:
        (state, found, advice), _ = followed(one, lambda asked: Told(404, b"{}"))
        assert (state, found) == (State.WARN, "it has no such call (404)")
        assert '{ refuse: "*", on: [' in advice


def test_a_model_that_is_candidate_anywhere_is_asked_as_one():
    policy = two_sided(URL.format(1), URL.format(2))
    assert {call.side for call in calls(policy, "gpu")} == {Side.CANDIDATE}
    assert {call.side for call in calls(policy, "cloud")} == {Side.PRIMARY}
    assert calls(policy, "nobody") == []
