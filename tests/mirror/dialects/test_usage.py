"""Tokens that an answer says it used."""

import json

import pytest
from fakes import chunk, completion

from mirror.dialects.usage import Usage, usage_in


def test_a_whole_answers_usage_is_found():
    assert usage_in(completion("hello", "m")) == Usage(1, 1)


def test_the_last_event_that_tells_counts():
    told = b'data: {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}\n\n'
    before = b'data: {"usage": null}\n\n'
    assert usage_in(
        chunk({"content": "a"}, "m") + before + told + b"data: [DONE]\n\n"
    ) == Usage(7, 3)


def test_responses_spell_it_otherwise():
    body = {"response": {"usage": {"input_tokens": 5, "output_tokens": 2}}}
    assert usage_in(json.dumps(body).encode()) == Usage(5, 2)


def test_embeddings_have_no_tokens_of_an_answer():
    assert usage_in(b'{"usage":{"prompt_tokens":8,"total_tokens":8}}') == Usage(8, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"choices": []}',
        b'{"usage": null}',
        b'{"usage": {"prompt_tokens": "7"}}',
        b'{"usage": {"prompt_tokens": -1, "completion_tokens": 1}}',
        b'{"usage": {"prompt_tokens": true, "completion_tokens": 1}}',
        b'{"usage": {"prompt_tokens": 1e99}}',
        b'{"usage": {"prompt_tok',
        b'{"usage": ' + b"[" * 5000,
        b'\xff"usage"\xff',
    ],
)
def test_what_cannot_be_believed_is_not_told(body):
    assert usage_in(body) is None


def test_a_text_that_looks_like_usage_is_not_taken_for_it():
    text = '{"usage": {"prompt_tokens": 999, "completion_tokens": 999}}'
    body = json.dumps({"usage": {"prompt_tokens": 1, "completion_tokens": 2}, "text": text})
    assert usage_in(body.encode()) == Usage(1, 2)
