"""What the dialects of the OpenAI API share."""

import json

import pytest

from mirror.dialects import openai
from mirror.sse import Event, Parser


def event(document, kind="message"):
    return Event(kind, document if isinstance(document, str) else json.dumps(document))


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (event({"error": {"message": "no GPU"}}), True),
        (event({"error": "no GPU"}), True),
        (event({"error": None, "choices": []}), False),
        (event("anything", "error"), True),
        (event({"choices": ['an "error" in the text']}), False),
        (event('"error"'), False),
    ],
)
def test_errors(found, error):
    assert openai.is_error(found) is error


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"choices": [], "model": "m"}', ""),
        (b'{"error": {"message": "no"}}', "error"),
        (b'{"choices": 1}', "not a chat completion"),
        (b"<html>", "not a chat completion"),
        (b"[]", "not a chat completion"),
        (b"\xff", "not a chat completion"),
    ],
)
def test_what_keeps_a_body_from_being_an_answer(body, fault):
    assert openai.whole_with("choices", "a chat completion")(body, "") == fault


def test_the_model_an_answer_names():
    assert openai.model_of(b'{"model": "big-2"}') == "big-2"
    assert openai.model_of('{"model": 7}') == ""
    assert openai.model_of("[DONE]") == ""


def test_an_error_event_is_one_that_is_read_as_an_error():
    (found,) = Parser().feed(openai.error_event("broke off", "server_error", "broken"))
    assert openai.is_error(found)
    error = json.loads(found.data)["error"]
    assert error == {
        "message": "broke off",
        "type": "server_error",
        "param": None,
        "code": "broken",
    }


def test_a_fingerprint_is_read_and_a_model_found_again_without_parsing():
    event = '{"model": "own", "system_fingerprint": "fp_1"}'
    assert openai.fingerprint_of(event) == openai.fingerprint_of(event.encode()) == "fp_1"
    assert openai.fingerprint_of('{"system_fingerprint": null}') == ""
    assert openai.spelling_of_model(event, "own") == '"model": "own"'
    assert openai.spelling_of_model('{"x": {"model": "a"}, "model": "own"}', "own") == ""
