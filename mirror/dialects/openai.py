"""What the dialects of the OpenAI API share: the error object, `[DONE]`, and the name of the model.

Source: the OpenAI API reference, "Errors" and "Streaming".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from mirror.sse import Event

DONE = "[DONE]"
LONGEST_MODEL = 200
_MODEL = re.compile(r'"model"\s*:\s*("[^"\\]*")')


def object_of(text: str | bytes) -> Mapping[str, object]:
    """The JSON object in a text; an empty one where it holds none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_done(event: Event) -> bool:
    """Whether an event is the literal that ends a stream."""
    return event.data.strip() == DONE


def is_error(event: Event) -> bool:
    """Whether an event reports that the answer failed."""
    if event.type == "error":
        return True
    return '"error"' in event.data and bool(object_of(event.data).get("error"))


def saying(*names: str) -> Callable[[str], bool]:
    """A `says` for events in which a text that is not empty stands under one of these keys.

    Inside a text the quotes of a key are escaped, so that no text is taken for one. The first key
    is the one that most events have, written as servers write it.
    """
    usual = f'"{names[0]}":"'
    any_of = re.compile(rf'"(?:{"|".join(names)})"\s*:\s*"[^"]')

    def says(data: str) -> bool:
        at = data.find(usual)
        if at >= 0 and data[at + len(usual)] != '"':
            return True
        return any_of.search(data) is not None

    return says


def fingerprint_of(text: str | bytes) -> str:
    """The `system_fingerprint` of an answer or an event; empty where it has none."""
    key = "system_fingerprint"
    if (key if isinstance(text, str) else key.encode()) not in text:  # type: ignore[operator]
        return ""
    found = object_of(text).get(key)
    return found[:200] if isinstance(found, str) else ""


def spelling_of_model(text: str, model: str) -> str:
    """How an event writes that this model answers, for finding it again without parsing."""
    found = _MODEL.search(text)
    return found[0] if found and json.loads(found[1]) == model else ""


def model_of(text: str | bytes) -> str:
    """The model that an answer or an event says it came from; empty where it says none."""
    model = object_of(text).get("model")
    return model[:LONGEST_MODEL] if isinstance(model, str) else ""


def whole_with(key: str, called: str) -> Callable[[bytes, str], str]:
    """A `fault_of` for JSON answers that hold a list under `key`; `called` names what they are."""

    def fault_of(body: bytes, content_type: str) -> str:
        document = object_of(body)
        if document.get("error"):
            return "error"
        return "" if isinstance(document.get(key), list) else f"not {called}"

    return fault_of


def error_body(message: str, kind: str, code: str | None = None) -> bytes:
    """An error as clients of the API expect it."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return json.dumps({"error": error}).encode()


def error_event(message: str, kind: str, code: str | None = None) -> bytes:
    """The same as the last event of a stream that cannot go on."""
    return b"data: " + error_body(message, kind, code) + b"\n\n"
