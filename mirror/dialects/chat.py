"""The dialect of chat completions: what its events mean, and how its errors are written.

Source: the OpenAI API reference, "Chat completions" and "Errors".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from json.decoder import WHITESPACE  # type: ignore[attr-defined]

from mirror.sse import Event

DONE = "[DONE]"
# Parts of a delta that a reader would see; `reasoning_content` is what vLLM and SGLang send.
SEEN_PARTS = ("content", "tool_calls", "function_call", "refusal", "reasoning_content", "audio")


def is_terminal(event: Event) -> bool:
    """Whether the stream is whole with this event."""
    return event.data.strip() == DONE


def is_error(event: Event) -> bool:
    """Whether an event reports that the answer failed."""
    if event.type == "error":
        return True
    return '"error"' in event.data and bool(_object(event.data).get("error"))


def first_content(event: Event) -> bool:
    """Whether an event carries something of the answer: text, a tool call, or how it finished."""
    choices = _object(event.data).get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and _speaks(choice) for choice in choices
    )


def _speaks(choice: Mapping[str, object]) -> bool:
    delta = choice.get("delta")
    said = isinstance(delta, dict) and any(delta.get(part) for part in SEEN_PARTS)
    return said or bool(choice.get("finish_reason"))


def model_of(text: str | bytes) -> str:
    """The model that an answer or an event says it came from; empty where it says none."""
    model = _object(text).get("model")
    return model[:200] if isinstance(model, str) else ""


def fault_of(body: bytes) -> str:
    """What keeps a whole JSON body from being an answer; empty for an answer."""
    document = _object(body)
    if document.get("error"):
        return "error"
    return "" if isinstance(document.get("choices"), list) else "not a chat completion"


def _object(text: str | bytes) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def error_body(message: str, kind: str, code: str | None = None) -> bytes:
    """An error as clients of the API expect it."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return json.dumps({"error": error}).encode()


def error_event(message: str, kind: str, code: str | None = None) -> bytes:
    """The same as the last event of a stream that cannot go on."""
    return b"data: " + error_body(message, kind, code) + b"\n\n"


def with_model(body: bytes, model: str) -> bytes:
    """The request for another model. Only the value of `model` changes; all other bytes stay.

    `body` is one that `surface.read` found to be a JSON object with a `model`.
    """
    text = body.decode("utf-8-sig")
    span = _span_of_model(text)
    if span is None or json.loads(text[span[0] : span[1]]) == model:
        return body
    return (text[: span[0]] + json.dumps(model) + text[span[1] :]).encode()


def _span_of_model(text: str) -> tuple[int, int] | None:
    """Where the value of the top-level `model` stands; of the last one, as JSON readers take it."""
    decode = json.JSONDecoder().raw_decode
    found = None
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        key, at = decode(text, at)
        start = _skip(text, _skip(text, at) + 1)  # past the colon
        _, end = decode(text, start)
        if key == "model":
            found = (start, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    return int(WHITESPACE.match(text, at).end())
