"""The dialect of speech to text."""

import json

import pytest

from mirror.dialects.transcriptions import TRANSCRIPTIONS
from mirror.sse import Event


def event(**document):
    return Event("message", json.dumps(document))


@pytest.mark.parametrize(
    ("found", "content", "terminal"),
    [
        (event(type="transcript.text.delta", delta="a"), True, False),
        (event(type="transcript.text.delta", delta=""), False, False),
        (event(type="transcript.text.segment", text="a"), True, False),
        (event(type="transcript.text.done", text=""), True, True),
        (event(choices=[{"delta": {"content": "a"}}]), True, False),  # vLLM
        (Event("message", "[DONE]"), False, True),
    ],
)
def test_events(found, content, terminal):
    assert TRANSCRIPTIONS.first_content(found) is content
    assert TRANSCRIPTIONS.is_terminal(found) is terminal


@pytest.mark.parametrize(
    ("body", "kind", "fault"),
    [
        (b'{"text": "two tablets"}', "application/json", ""),
        (b'{"text": ""}', "application/json", ""),
        (b'"two tablets"', "application/json", ""),
        (b"two tablets", "text/plain; charset=utf-8", ""),
        (b"WEBVTT\n\n", "text/vtt", ""),
        (b"1\n00:00", "application/x-subrip", ""),
        (b'{"error": {"message": "no"}}', "application/json", "error"),
        (b'{"choices": []}', "application/json", "not a transcript"),
        (b"<html>", "text/html", "not a transcript"),
        (b"\xff", "application/json", "not a transcript"),
    ],
)
def test_whole_bodies(body, kind, fault):
    assert TRANSCRIPTIONS.fault_of(body, kind) == fault
