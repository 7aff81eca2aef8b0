"""The dialect of responses: events that have types, and an end that says how it came to it.

Source: the OpenAI API reference, "Responses" and "Streaming events".
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from mirror.dialects import jsonbody, openai
from mirror.dialects.dialect import Dialect
from mirror.sse import Event

TERMINAL = ("response.completed", "response.incomplete")
ERRORS = ("error", "response.failed")


def type_of(event: Event) -> str:
    """An event's type; servers that name it nowhere else have it in the data."""
    if event.type != "message":
        return event.type
    named = openai.object_of(event.data).get("type")
    return named if isinstance(named, str) else ""


def is_terminal(event: Event) -> bool:
    """Whether the stream is whole with this event."""
    return type_of(event) in TERMINAL


def is_error(event: Event) -> bool:
    """Whether an event reports that the answer failed; in the older shape too, as gateways send it."""
    return type_of(event) in ERRORS or _is_error_object(event)


def _is_error_object(event: Event) -> bool:
    return event.data.startswith('{"error"') and bool(openai.object_of(event.data).get("error"))


def first_content(event: Event) -> bool:
    """Whether an event carries a piece of the answer, or the whole of it."""
    kind = type_of(event)
    if kind.endswith(".delta"):
        return bool(openai.object_of(event.data).get("delta"))
    return kind in TERMINAL


def model_of(text: str | bytes) -> str:
    """The model that a response, or an event with one inside, says it came from."""
    document = openai.object_of(text)
    inner = document.get("response")
    model = (inner if isinstance(inner, Mapping) else document).get("model")
    return model[: openai.LONGEST_MODEL] if isinstance(model, str) else ""


def fault_of(body: bytes, content_type: str) -> str:
    """What keeps a whole body from being a response that came to its end."""
    document = openai.object_of(body)
    if document.get("error") or document.get("status") == "failed":
        return "error"
    return "" if isinstance(document.get("output"), list) else "not a response"


def error_event(message: str, kind: str, code: str | None = None) -> bytes:
    """An error as the last event of a stream."""
    told = {"type": "error", "code": code or kind, "message": message, "param": None}
    return b"event: error\ndata: " + json.dumps(told).encode() + b"\n\n"


RESPONSES = Dialect(
    name="responses",
    with_model=jsonbody.with_model,
    is_terminal=is_terminal,
    is_error=is_error,
    first_content=first_content,
    model_of=model_of,
    fault_of=fault_of,
    error_event=error_event,
    says=openai.saying("delta"),
)
