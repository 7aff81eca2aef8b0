"""What a body asks for."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.conditions import Excluded
from mirror.reading import MOST_VALUES, opening, read
from mirror.surface import TABLE, row_of, shareable

CHAT = {"model": "big", "messages": []}
RESPONSE = {"model": "big", "input": "hi", "store": False}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}


def reading(document, path="/v1/chat/completions"):
    return read(row_of("POST", path), json.dumps(document).encode(), "application/json")


@pytest.mark.parametrize(
    ("body", "excluded"),
    [
        (CHAT, None),
        (CHAT | {"n": 3}, None),
        (CHAT | {"store": None}, None),
        (CHAT | {"store": True}, Excluded.STORED),
        (CHAT | {"store": True, "messages": [{"file_id": "f"}]}, Excluded.REFERS),
        (CHAT | {"tools": [{"type": "mcp"}]}, Excluded.SERVER_TOOLS),
        (CHAT | {"messages": [{"image_url": "https://x/"}]}, Excluded.REMOTE_CONTENT),
        ({"messages": []}, Excluded.NO_MODEL),
        (CHAT | {"model": 7}, Excluded.NO_MODEL),
        (CHAT | {"model": ""}, Excluded.NO_MODEL),
        (CHAT | {"model": "x" * 201}, Excluded.NO_MODEL),
        ([CHAT], Excluded.NOT_JSON),
        ("text", Excluded.NOT_JSON),
    ],
)
def test_what_of_chat_may_be_copied(body, excluded):
    assert reading(body).excluded is excluded


@pytest.mark.parametrize(
    ("changes", "excluded"),
    [
        ({}, None),
        ({"store": None}, Excluded.STORED),
        ({"store": True}, Excluded.STORED),
        ({"previous_response_id": "resp_1"}, Excluded.REFERS),
        ({"conversation": "conv_1"}, Excluded.REFERS),
        ({"background": True}, Excluded.BACKGROUND),
        ({"tools": [{"type": "web_search"}]}, Excluded.SERVER_TOOLS),
        ({"input": [{"type": "item_reference", "id": "x"}]}, Excluded.REFERS),
        ({"input": [{"type": "reasoning", "encrypted_content": "x"}]}, Excluded.SEALED),
    ],
)
def test_what_of_responses_may_be_copied(changes, excluded):
    assert reading(RESPONSE | changes, "/v1/responses").excluded is excluded


def test_a_response_that_does_not_say_that_it_is_not_stored_is():
    assert reading({"model": "big", "input": "hi"}, "/v1/responses").excluded is Excluded.STORED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"model": "big"',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"model": "a", "model": "b"}',
        b'{"model": "a", "messages": [{"role": "user", "role": "system"}]}',
    ],
)
def test_what_is_no_json_or_could_be_read_in_two_ways_is_excluded(body):
    found = read(row_of("POST", "/v1/chat/completions"), body, "application/json")
    assert found.excluded is Excluded.NOT_JSON


@pytest.mark.parametrize("part", [b"{},", b"[],", b"0,"])
def test_a_body_of_very_many_values_is_not_read(part):
    row, kind = row_of("POST", "/v1/chat/completions"), "application/json"
    many = b'{"model": "a", "messages": [' + part * MOST_VALUES + b"0]}"
    assert read(row, many, kind).excluded is Excluded.TOO_MANY_VALUES
    assert not shareable(row, Excluded.TOO_MANY_VALUES)


def test_a_long_body_of_few_values_is_read():
    long = CHAT | {"messages": [{"role": "user", "content": "a" * (2 * MOST_VALUES)}]}
    assert reading(long).excluded is None


@given(st.binary(), st.sampled_from([row for row in TABLE if row.dialect]), st.text())
def test_no_body_makes_reading_fail(body, row, kind):
    found = read(row, body, kind)
    assert found.excluded is not None or found.model


@pytest.mark.parametrize(
    ("stream", "streaming"), [(True, True), (False, False), (None, False), ("true", False)]
)
def test_only_true_asks_for_a_stream(stream, streaming):
    assert reading(CHAT | {"stream": stream}).streaming is streaming


def test_what_never_streams_is_not_asked_to():
    asked = {"model": "e", "input": "x", "stream": True}
    assert reading(asked, "/v1/embeddings").streaming is False


@pytest.mark.parametrize(
    ("data", "model", "streaming", "excluded"),
    [
        ({"model": "whisper-1"}, "whisper-1", False, None),
        ({"model": "w", "stream": "true"}, "w", True, None),
        ({"model": "w", "stream": "True"}, "w", True, None),
        ({"model": "w", "stream": "false"}, "w", False, None),
        ({"language": "ms"}, "", False, Excluded.NO_MODEL),
    ],
)
def test_a_form_is_read_by_its_fields(data, model, streaming, excluded):
    request = httpx.Request("POST", "http://x/", data=data, files={"file": ("a.wav", b"RIFF")})
    row = row_of("POST", "/v1/audio/transcriptions")
    found = read(row, request.read(), request.headers["content-type"])
    assert (found.model, found.streaming, found.excluded) == (model, streaming, excluded)
    assert read(row, b"{}", "application/json").excluded is Excluded.NOT_FORM


def test_an_image_is_seen_wherever_it_is_shown():
    turns = [{"role": "user", "content": [IMAGE]}, {"role": "user", "content": "and now?"}]
    assert reading(CHAT | {"messages": turns}).image
    assert not reading(CHAT | {"messages": turns[1:]}).image


TURN = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
        "content": st.text(max_size=20) | st.lists(st.fixed_dictionaries({"text": st.text()})),
    }
)


@given(begun=st.lists(TURN, max_size=4), first=st.text(), later=st.lists(TURN, max_size=5))
def test_a_later_request_of_a_conversation_has_its_opening(begun, first, later):
    said = [*begun, {"role": "user", "content": first}]
    opened = opening({"messages": said}, "messages")
    assert opened
    assert opening({"messages": said + later}, "messages") == opened


@given(st.text(), st.text(), st.text(), st.text())
def test_other_instructions_or_another_first_message_are_another_opening(a, b, x, y):
    def opened(system, user):
        turns = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        return opening({"messages": turns}, "messages")

    assert (opened(a, x) == opened(b, y)) is ((a, x) == (b, y))


def test_an_opening_is_of_who_spoke_first_as_a_user():
    greeting = [{"role": "assistant", "content": "How can I help?"}]
    first = [*greeting, {"role": "user", "content": "a"}]
    second = [*greeting, {"role": "user", "content": "b"}]
    assert opening({"messages": first}, "messages") != opening({"messages": second}, "messages")
    assert opening({"messages": greeting}, "messages") == ""
    assert opening({"input": "hi", "instructions": "be brief"}, "input")
    assert opening({"input": ["x", 7]}, "input") == ""


def test_what_is_no_conversation_has_no_opening():
    assert reading({"model": "e", "input": "x"}, "/v1/embeddings").opening == ""
    assert reading({"model": "r", "query": "x"}, "/v1/rerank").opening == ""
