"""The dialect of text completions."""

import json

import pytest

from mirror.dialects.completions import COMPLETIONS
from mirror.sse import Event


@pytest.mark.parametrize(
    ("choice", "content"),
    [
        ({"text": "a"}, True),
        ({"text": "", "finish_reason": None}, False),
        ({"text": "", "finish_reason": "stop"}, True),
        (None, False),
    ],
)
def test_content(choice, content):
    found = Event("message", json.dumps({"choices": [choice]}))
    assert COMPLETIONS.first_content(found) is content


def test_the_end_and_the_whole():
    assert COMPLETIONS.is_terminal(Event("message", "[DONE]"))
    assert COMPLETIONS.fault_of(b'{"choices": []}', "") == ""
    assert COMPLETIONS.fault_of(b'{"data": []}', "") == "not a completion"
