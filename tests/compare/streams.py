"""Streams as servers send them, dialect by dialect."""

import json

from hypothesis import strategies as st

KEYS = [
    "choices",
    "message",
    "delta",
    "content",
    "text",
    "type",
    "output",
    "index",
    "tool_calls",
    "function",
    "item",
    "response",
    "input",
    "prompt",
    "arguments",
    "summary",
    "refusal",
    "status",
]


def sse(*events, end=b"data: [DONE]\n\n"):
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in events) + end


def named(*events):
    """Events with their type on a line of its own, and no `[DONE]`."""
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (one["type"].encode(), json.dumps(one).encode())
        for one in events
    )


def delta(finish=None, **values):
    return {"model": "m", "choices": [{"index": 0, "delta": values, "finish_reason": finish}]}


def piece(text, finish=None):
    return {"model": "m", "choices": [{"index": 0, "text": text, "finish_reason": finish}]}


def message(*parts):
    return {"type": "message", "content": list(parts)}


def response(*output, status="completed", **more):
    return {"model": "m", "status": status, "output": list(output)} | more


def event(kind, **parts):
    return {"type": f"response.{kind}", **parts}


def anything():
    """JSON of any shape, with keys that mean something to a reader."""
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
        ),
        max_leaves=14,
    )
