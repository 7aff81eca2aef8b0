"""Requests in JSON: one value of the top object is replaced, and every other byte stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.decoder import WHITESPACE  # type: ignore[attr-defined]

type Span = tuple[int, int]
"""Where a value stands in a text: its first character and the one behind it."""
_decode = json.JSONDecoder().raw_decode


def with_model(body: bytes, content_type: str, model: str) -> bytes:
    """The request for another model. Only the value of `model` changes.

    `body` is one that `surface.read` found to be a JSON object with a `model`.
    """
    text = body.decode("utf-8-sig")
    span = member_span(text, "model")
    if span is None or json.loads(text[span[0] : span[1]]) == model:
        return body
    return (text[: span[0]] + json.dumps(model) + text[span[1] :]).encode()


def member_span(text: str, key: str) -> Span | None:
    """Where the value of a top-level key stands; of the last one, as JSON readers take it."""
    return dict(members(text)).get(key)


def members(text: str) -> Iterator[tuple[str, Span]]:
    """The keys of the object that a text is, each with the place of its value, in their order."""
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        key, at = _decode(text, at)
        start = _skip(text, _skip(text, at) + 1)  # past the colon
        _, end = _decode(text, start)
        yield key, (start, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    return int(WHITESPACE.match(text, at).end())
