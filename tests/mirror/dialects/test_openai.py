"""What the dialects of the OpenAI API share."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.dialects import openai
from mirror.dialects.chat import CHAT, SEEN_PARTS
from mirror.dialects.completions import COMPLETIONS
from mirror.dialects.lists import EMBEDDINGS
from mirror.dialects.responses import RESPONSES
from mirror.dialects.transcriptions import TRANSCRIPTIONS
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


WORDS = st.text(max_size=30)
PART = st.sampled_from(["content", "reasoning", "refusal", "reasoning_content", "role", "x"])


@given(
    parts=st.dictionaries(PART, st.none() | WORDS),
    called=st.none() | st.tuples(WORDS, WORDS),
    tight=st.booleans(),
    plain=st.booleans(),
)
def test_what_a_delta_says_is_told_without_reading_it(parts, called, tight, plain):
    delta: dict[str, object] = dict(parts)
    if called:
        function = {"name": called[0], "arguments": called[1]}
        delta["tool_calls"] = [{"index": 0, "function": function}]
    document = {"model": "m", "choices": [{"index": 0, "delta": delta, "logprobs": None}]}
    separators = (",", ":") if tight else None
    data = json.dumps(document, separators=separators, ensure_ascii=plain)
    seen = any(parts.get(part) for part in SEEN_PARTS) or any(called or ())
    assert CHAT.says(data) is seen


@pytest.mark.parametrize(
    "said", ['"content":"x', '"content": "x"', '{"delta":{"content":"yes"}}', '","content":"a']
)
def test_no_text_is_taken_for_a_key(said):
    document = {"choices": [{"delta": {"role": said}}]}
    assert not CHAT.says(json.dumps(document))


def test_log_probabilities_are_no_words():
    logprobs = {"content": [{"token": "a", "logprob": -0.1, "bytes": [97]}], "refusal": None}
    document = {"choices": [{"delta": {}, "logprobs": logprobs}]}
    assert not CHAT.says(json.dumps(document, separators=(",", ":")))


@pytest.mark.parametrize(
    ("dialect", "data", "says"),
    [
        (COMPLETIONS, '{"choices":[{"text":" a","index":0}]}', True),
        (COMPLETIONS, '{"choices":[{"text":"","finish_reason":"stop"}]}', False),
        (RESPONSES, '{"type":"response.output_text.delta","delta":"a"}', True),
        (RESPONSES, '{"type":"response.output_text.done","text":"whole"}', False),
        (RESPONSES, '{"type":"response.completed","response":{"output":[]}}', False),
        (TRANSCRIPTIONS, '{"type":"transcript.text.delta","delta":"a"}', True),
        (TRANSCRIPTIONS, '{"type":"transcript.text.done","text":"whole"}', False),
        (TRANSCRIPTIONS, '{"choices":[{"delta":{"content":"a"}}]}', True),
        (EMBEDDINGS, '{"data":"x"}', False),
    ],
)
def test_each_dialect_knows_where_its_words_stand(dialect, data, says):
    assert dialect.says(data) is says
