"""What a request's body asks for: model, stream, images, and why it may not be copied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mirror.conditions import Contents, Excluded, contents
from mirror.dialects import multipart
from mirror.dialects.multipart import Buffer, MultipartBroken
from mirror.dialects.openai import LONGEST_MODEL
from mirror.surface import Row

MOST_VALUES = 1_000_000
"""Of a JSON body that is read; commas and brackets inside its texts count too. Eight million take half a
minute and a gigabyte, in which the interpreter serves others by halves.
"""
_TRUE = ("true", "1", "yes", "on")  # as form readers take them


@dataclass(frozen=True, slots=True)
class Reading:
    """What the body says. `excluded` is empty for a request that may be copied and repeated.

    `image` says whether it shows an image. `opening` is the SHA-256 of how its conversation began,
    empty where it is none.
    """

    document: Mapping[str, object]
    model: str
    streaming: bool
    excluded: Excluded | None
    image: bool = False
    opening: str = ""


def read(row: Row, body: Buffer, content_type: str) -> Reading:
    """What the body of a call of the table asks for. Never raises: what is unclear is excluded."""
    if row.dialect is None:
        return Reading({}, "", False, None)
    document = _form(body, content_type) if row.dialect.form else _object(bytes(body))
    if isinstance(document, Excluded):
        return Reading({}, "", False, document)
    stream = document.get("stream")
    asks = stream is True or (row.dialect.form and str(stream).lower() in _TRUE)
    model, found = _model(document), contents(document, row.said)
    return Reading(
        document=document,
        model=model,
        streaming=row.dialect.streams and asks,
        excluded=_excluded(row, document, found) or (None if model else Excluded.NO_MODEL),
        image=found.image,
        opening=opening(document, row.turns) if row.turns else "",
    )


def opening(document: Mapping[str, object], turns: str) -> str:
    """SHA-256 in hex of how a conversation began: its instructions, and the first that a user said.

    `turns` is the key of the conversation. Every later request of it repeats both, whatever it
    adds. Empty where nobody spoke.
    """
    begun = list(_beginning(document, document.get(turns)))
    if not begun:
        return ""
    return hashlib.sha256(json.dumps(begun, sort_keys=True).encode()).hexdigest()


def _beginning(document: Mapping[str, object], turns: object) -> Iterator[object]:
    if isinstance(turns, str):
        turns = [{"role": "user", "content": turns}]
    if not isinstance(turns, list):
        return
    said = [turn for turn in turns if isinstance(turn, dict) and "role" in turn]
    first = next((at for at, turn in enumerate(said) if turn["role"] == "user"), None)
    if first is None:
        return
    yield document.get("instructions")
    for turn in said[: first + 1]:
        yield [turn["role"], turn.get("content")]


def _excluded(row: Row, document: Mapping[str, object], found: Contents) -> Excluded | None:
    holding = (each.code for each in row.conditions if each.holds(document, found))
    return next(holding, None)


def _object(body: bytes) -> Mapping[str, object] | Excluded:
    if len(body) > MOST_VALUES and sum(map(body.count, (b"{", b"[", b","))) > MOST_VALUES:
        return Excluded.TOO_MANY_VALUES
    try:
        document = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):
        return Excluded.NOT_JSON
    return document if isinstance(document, dict) else Excluded.NOT_JSON


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of a key that is given twice, readers take one or the other: such an object says nothing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _form(body: Buffer, content_type: str) -> Mapping[str, object] | Excluded:
    try:
        return multipart.fields(body, content_type)
    except MultipartBroken:
        return Excluded.NOT_FORM


def _model(document: Mapping[str, object]) -> str:
    """The model asked for; empty where it is none that a server could have."""
    model = document.get("model")
    if isinstance(model, str) and len(model) <= LONGEST_MODEL and "\0" not in model:
        return model
    return ""
