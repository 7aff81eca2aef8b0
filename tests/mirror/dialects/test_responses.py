"""The dialect of responses."""

import json

import pytest

from mirror.dialects.responses import RESPONSES
from mirror.sse import Event, Parser


def event(kind, named=True, **parts):
    document = {"type": kind, **parts}
    return Event(kind if named else "message", json.dumps(document))


@pytest.mark.parametrize("named", [True, False], ids=["event line", "data alone"])
@pytest.mark.parametrize(
    ("kind", "parts", "content", "terminal", "error"),
    [
        ("response.created", {"response": {"model": "m"}}, False, False, False),
        ("response.output_item.added", {"item": {}}, False, False, False),
        ("response.output_text.delta", {"delta": "a"}, True, False, False),
        ("response.output_text.delta", {"delta": ""}, False, False, False),
        ("response.function_call_arguments.delta", {"delta": "{"}, True, False, False),
        ("response.completed", {"response": {}}, True, True, False),
        ("response.incomplete", {"response": {}}, True, True, False),
        ("response.failed", {"response": {"error": {}}}, False, False, True),
        ("error", {"message": "no"}, False, False, True),
    ],
)
def test_events(named, kind, parts, content, terminal, error):
    found = event(kind, named, **parts)
    assert RESPONSES.first_content(found) is content
    assert RESPONSES.is_terminal(found) is terminal
    assert RESPONSES.is_error(found) is error


def test_the_older_error_object_is_an_error_too():
    assert RESPONSES.is_error(Event("message", '{"error": {"message": "no GPU"}}'))
    assert not RESPONSES.is_terminal(Event("message", "[DONE]"))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"output": [], "error": null}', ""),
        (b'{"output": [], "status": "incomplete"}', ""),
        (b'{"output": [], "status": "failed"}', "error"),
        (b'{"error": {"message": "no"}}', "error"),
        (b'{"choices": []}', "not a response"),
        (b"<html>", "not a response"),
    ],
)
def test_whole_bodies(body, fault):
    assert RESPONSES.fault_of(body, "application/json") == fault


def test_the_model_stands_in_the_response_or_in_the_event():
    assert RESPONSES.model_of('{"response": {"model": "m"}}') == "m"
    assert RESPONSES.model_of(b'{"model": "m"}') == "m"
    assert RESPONSES.model_of('{"response": {"model": 7}}') == ""


def test_an_error_event_is_one_that_is_read_as_an_error():
    (found,) = Parser().feed(RESPONSES.error_event("broke off", "server_error", "broken"))
    assert RESPONSES.is_error(found)
    assert json.loads(found.data)["message"] == "broke off"
