"""Embeddings: lists of numbers, or the base64 of little-endian 32-bit floats.

Sources: the OpenAI API reference, "Embeddings"; vLLM's documentation, "OpenAI-Compatible Server".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from itertools import islice

import numpy as np

from compare.canonical import Answer, Embeddings, Matrix
from compare.dialects.values import Object, members, objects, text
from compare.dialects.whole import never_streamed

_NUMBERS = frozenset((int, float, type(None)))
_TOLD = 5  # faults named; a batch has up to 2,048 entries


class _Unreadable(ValueError):
    """An entry that is no vector; the message says why."""


def of_object(body: Object) -> Answer | None:
    """All vectors, in the order of their inputs."""
    listed = body.get("data")
    if not isinstance(listed, list):
        return None
    entries = objects(body, "data")
    if len(entries) < len(listed) or any("embedding" not in one for one in entries):
        return None
    return Answer(model=text(body, "model"), vectors=_vectors(entries, _tokens(body)))


def inputs(request: Object) -> int | None:
    """How many vectors a request asks for; None where it does not tell.

    A list of numbers is one input, given as tokens.
    """
    given = request.get("input")
    if isinstance(given, str) or "messages" in request:
        return 1
    if not isinstance(given, list) or not given:
        return None
    return 1 if isinstance(given[0], int) else len(given)


def texts(request: Object) -> list[str]:
    """The inputs that are words; those given as tokens are left out."""
    given = request.get("input")
    listed = given if isinstance(given, list) else [given]
    return [one for one in listed if isinstance(one, str)]


def prompt(request: Object) -> str:
    """The inputs one below the other; tokens, which are no words, as numbers."""
    given = request.get("input")
    listed = given if isinstance(given, list) else [given]
    return "\n".join(
        one if isinstance(one, str) else str(one) for one in listed if one is not None
    )


def _tokens(body: Object) -> int | None:
    found = members(body, "usage").get("prompt_tokens")
    return found if type(found) is int else None


def _vectors(entries: Sequence[Object], tokens: int | None) -> Embeddings:
    encoded = any(isinstance(one["embedding"], str) for one in entries)
    order, faults = _order(entries)
    rows = []
    for number, entry in enumerate(entries):
        try:
            rows.append(_vector(entry["embedding"]))
        except _Unreadable as fault:
            faults.append(f"vector {number} {fault}")
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        faults.append(f"vectors of {lengths[0]:,} to {lengths[-1]:,} dimensions in one answer")
    whole = bool(rows) and not faults
    matrix = np.stack([rows[at] for at in order]) if whole else np.empty((0, 0), np.float32)
    told = tuple(islice(faults, _TOLD))
    return Embeddings(matrix, len(entries), told, encoded, tokens)


def _order(entries: Sequence[Object]) -> tuple[list[int], list[str]]:
    """Where the vector of each input stands. Entries without any index stand in their order."""
    places = list(range(len(entries)))
    indices = [one.get("index") for one in entries]
    if all(index is None for index in indices):
        return places, []
    found = {index: at for at, index in enumerate(indices) if type(index) is int}
    if sorted(found) != places:
        return places, [f"their indices are not 0 to {len(entries) - 1}, each once"]
    return [found[at] for at in places], []


def _vector(given: object) -> Matrix:
    """Raises `_Unreadable`."""
    if isinstance(given, str):
        return _decoded(given)
    if not isinstance(given, list) or not given:
        raise _Unreadable("is no list of numbers")
    strangers = set(map(type, given)) - _NUMBERS
    if strangers:
        raise _Unreadable(f"holds a {min(one.__name__ for one in strangers)} among its numbers")
    try:
        with np.errstate(over="ignore"):  # what no 32-bit float holds is found to be infinite
            return np.asarray(given, dtype=np.float32)
    except OverflowError:
        raise _Unreadable("holds an integer that no float holds") from None


def _decoded(given: str) -> Matrix:
    try:
        raw = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise _Unreadable("is no base64") from None
    if not raw or len(raw) % 4:
        raise _Unreadable(f"is {len(raw)} bytes of base64, no whole number of 32-bit floats")
    return np.frombuffer(raw, dtype="<f4").astype(np.float32)


EMBEDDINGS = never_streamed(of_object, prompt)
