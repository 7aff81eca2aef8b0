import gzip
import json
import zlib
from dataclasses import replace

import brotli
import pytest
import zstandard
from builders import accepted, replied
from hypothesis import given
from hypothesis import strategies as st

from compare import answer
from compare.answer import Undecodable, decoded, prompt, read, recorded_key
from compare.canonical import Answer, ToolCall

CHAT = {
    "model": "big-2024",
    "choices": [{"message": {"content": "Take it with food."}, "finish_reason": "stop"}],
}
STREAM = "text/event-stream; charset=utf-8"


def body(value):
    return json.dumps(value).encode()


def stream(*chunks, end=b"data: [DONE]\n\n"):
    return b"".join(b"data: " + body(chunk) + b"\n\n" for chunk in chunks) + end


def delta(finish=None, **values):
    return {"model": "m", "choices": [{"index": 0, "delta": values, "finish_reason": finish}]}


def test_a_json_answer_is_read():
    said = read(replied(1, body=body(CHAT)))
    assert said == Answer("Take it with food.", "stop", model="big-2024")


def test_a_stream_of_chunks_says_the_same_as_the_whole():
    chunks = (
        delta(role="assistant", content=""),
        delta(content="Take it "),
        delta(content="with food."),
    )
    usage = {"model": "m", "choices": [], "usage": {"total_tokens": 9}}
    raw = stream(*chunks, delta("stop"), usage)
    said = read(replied(1, body=raw, content_type=STREAM))
    assert said == Answer("Take it with food.", "stop", model="m")


def test_tool_calls_are_gathered_by_index_whatever_a_server_repeats():
    first = {"index": 0, "function": {"name": "book", "arguments": '{"day":'}}
    again = {"index": 0, "function": {"name": "book", "arguments": '"Monday"}'}}
    other = {"index": 1, "function": {"name": "call", "arguments": "{}"}}
    raw = stream(
        delta(tool_calls=[first, other]), delta(tool_calls=[again]), delta("tool_calls")
    )
    said = read(replied(1, body=raw, content_type=STREAM))
    assert said.tool_calls == (ToolCall("book", '{"day":"Monday"}'), ToolCall("call", "{}"))
    assert not said.empty


def test_a_refusal_of_its_own_field_and_hidden_thoughts_are_told_from_the_text():
    message = {"content": None, "refusal": "I cannot."}
    said = read(replied(1, body=body({"choices": [{"message": message}]})))
    assert (said.text, said.said) == ("", "I cannot.")
    thinking = {"content": "<think>hm\nhm</think>\n\nYes."}
    assert read(replied(1, body=body({"choices": [{"message": thinking}]}))).text == "Yes."


@pytest.mark.parametrize(
    ("raw", "content_type", "problem"),
    [
        (b"<html>busy</html>", "application/json", "not_json"),
        (b"", "application/json", "not_json"),
        (b"[" * 100_000, "application/json", "not_json"),
        (b"[]", "application/json", "no_answer"),
        (b'{"choices": [3]}', "application/json", "no_answer"),
        (b"data: nonsense\n\n", STREAM, "not_json"),
        (b"data: [DONE]\n\n", STREAM, "no_answer"),
        (stream({"error": {"message": "engine died"}}), STREAM, "error_event"),
    ],
)
def test_garbage_is_a_problem_and_no_exception(raw, content_type, problem):
    assert read(replied(1, body=raw, content_type=content_type)).problem == problem


@given(st.binary(max_size=200), st.sampled_from([STREAM, "application/json"]))
def test_no_bytes_raise(raw, content_type):
    read(replied(1, body=raw, content_type=content_type))
    prompt(raw)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "choices",
                        "message",
                        "messages",
                        "delta",
                        "content",
                        "tool_calls",
                        "function",
                        "text",
                        "index",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_of_another_shape_raises(value):
    read(replied(1, body=body(value)))
    read(replied(1, body=stream(value), content_type=STREAM))
    prompt(body(value))


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("", bytes),
    ],
)
def test_content_encodings_are_undone(encoding, encode):
    assert decoded(encode(b"words " * 99), encoding) == b"words " * 99
    whole = replied(1, body=encode(body(CHAT)), content_encoding=encoding)
    assert read(whole).text == "Take it with food."


def test_encodings_are_undone_in_reverse_order():
    assert decoded(brotli.compress(gzip.compress(b"words")), "gzip, br") == b"words"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "rot13"])
def test_a_body_that_its_encoding_does_not_fit_is_a_problem(encoding):
    assert (
        read(replied(1, body=b"plain words", content_encoding=encoding)).problem == "encoding"
    )


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_a_bomb_is_not_unpacked_beyond_the_bound(monkeypatch, encoding, encode):
    monkeypatch.setattr(answer, "LARGEST", 100_000)
    with pytest.raises(Undecodable, match="too_large"):
        decoded(encode(bytes(5_000_000)), encoding)


def test_a_prompt_is_the_words_of_all_messages_with_the_system_s_last():
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "image_url"}]},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "My dose?"},
    ]
    assert prompt(body({"messages": messages})) == "Hello\nYes?\nMy dose?\nBe brief."


def test_the_same_recorded_answer_has_the_same_key_and_another_has_another():
    asked = accepted(1, body=body({"messages": [{"role": "user", "content": "My  dose?"}]}))
    again = replace(
        asked, id="other", body=body({"messages": [{"role": "user", "content": "My dose?"}]})
    )
    primary = replied(1, body=body(CHAT))
    key = recorded_key(asked, primary)
    assert key == recorded_key(again, primary) and len(key) == 64
    others = [
        recorded_key(replace(asked, tenant="hospital"), primary),
        recorded_key(asked, None),
        recorded_key(replace(asked, body=b"{}"), primary),
    ]
    assert len({key, *others}) == 4


def test_answers_that_nothing_reads_are_never_taken_for_the_same():
    asked = accepted(1, path="/v1/gone", route="embed")
    assert recorded_key(asked, replied(1, body=b'{"data": []}')) == ""
