"""The dialect of chat completions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.dialects import chat
from mirror.sse import Event, Parser


def event(document, kind="message"):
    return Event(kind, document if isinstance(document, str) else json.dumps(document))


def delta(finish=None, **parts):
    return {"choices": [{"index": 0, "delta": parts, "finish_reason": finish}]}


@pytest.mark.parametrize(
    ("document", "content"),
    [
        (delta(role="assistant", content=""), False),
        (delta(content="a"), True),
        (delta(reasoning_content="a"), True),
        (delta(tool_calls=[{"index": 0}]), True),
        (delta(refusal="no"), True),
        (delta(finish="stop"), True),
        ({"choices": []}, False),
        ({"choices": [None]}, False),
        ({"error": {"message": "no"}}, False),
        ("[DONE]", False),
        ("not JSON", False),
        ("[" * 100_000, False),
    ],
)
def test_the_first_content_is_what_a_reader_would_see(document, content):
    assert chat.first_content(event(document)) is content


@pytest.mark.parametrize(
    ("data", "end"), [("[DONE]", True), (" [DONE] ", True), ("done", False)]
)
def test_the_terminal_event(data, end):
    assert chat.is_terminal(event(data)) is end


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (event({"error": {"message": "no GPU"}}), True),
        (event({"error": "no GPU"}), True),
        (event({"error": None, "choices": []}), False),
        (event("anything", "error"), True),
        (event(delta(content='an "error" in the text')), False),
        (event('"error"'), False),
    ],
)
def test_errors(found, error):
    assert chat.is_error(found) is error


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
    assert chat.fault_of(body) == fault


def test_the_model_an_answer_names():
    assert chat.model_of(b'{"model": "big-2"}') == "big-2"
    assert chat.model_of('{"model": 7}') == ""
    assert chat.model_of("[DONE]") == ""


def test_an_error_event_is_one_that_is_read_as_an_error():
    (found,) = Parser().feed(chat.error_event("broke off", "server_error", "broken"))
    assert chat.is_error(found)
    error = json.loads(found.data)["error"]
    assert error == {
        "message": "broke off",
        "type": "server_error",
        "param": None,
        "code": "broken",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    document=st.dictionaries(st.text(), JSON, max_size=4),
    requested=st.text(min_size=1),
    model=st.text(min_size=1),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
    first=st.booleans(),
)
def test_only_the_models_value_changes(document, requested, model, indent, ascii_only, first):
    named = {"model": requested}
    asked = named | document | named if first else document | named
    try:
        body = json.dumps(asked, indent=indent, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return
    changed = chat.with_model(body, model)
    assert json.loads(changed) == asked | {"model": model}
    old, new = json.dumps(requested, ensure_ascii=ascii_only), json.dumps(model)
    assert len(changed) - len(body) == (
        0 if requested == model else len(new.encode()) - len(old.encode())
    )


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (b'{"model":"a"}', b'{"model":"b"}'),
        (
            b' { "x" : {"model": "a"} , "model" : "a" } ',
            b' { "x" : {"model": "a"} , "model" : "b" } ',
        ),
        (b'{"model":"a","model":"c"}', b'{"model":"a","model":"b"}'),
        (b'{"model":"\\u0062"}', b'{"model":"\\u0062"}'),
        (b"{}", b"{}"),
        (b'{"x": 1.50}', b'{"x": 1.50}'),
    ],
)
def test_all_other_bytes_stay(body, changed):
    assert chat.with_model(body, "b") == changed
