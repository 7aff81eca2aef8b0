"""The dialect of chat completions."""

import json

import pytest

from mirror.dialects import chat
from mirror.sse import Event


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
        (delta(reasoning="a"), True),
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
    assert chat.CHAT.is_terminal(event(data)) is end
