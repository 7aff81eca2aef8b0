"""Answers that somebody recorded: one line, with texts or with whole bodies, as a case to score.

Whole bodies are read as those of an exchange are. A body that is an object is a whole JSON answer; a
text that begins as an event stream does is one. Which dialect they are in is told by their shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from compare import answer, cases, legs
from compare.asked import Asked
from compare.canonical import State
from compare.cases import Case
from compare.comparison import Pair
from compare.dialects import READERS
from compare.dialects.values import members
from mirror.exchange import End, Leg, Reply, Side
from policies.routes import Route

NEEDED = ("id", "route", "input", "primary", "candidate")
ROUTES = tuple(route.value for route in Route)
_SIDES = (
    ("primary", Leg.SERVED, Side.PRIMARY),
    ("candidate", Leg.SHADOW, Side.CANDIDATE),
    ("reask", Leg.REASK, Side.PRIMARY),
)
_BODIES = tuple(name for name, _, _ in _SIDES)
_ANSWER = ((str, dict), "not a text, nor a body (an object)")
_MAY_BE: Mapping[str, tuple[tuple[type, ...], str]] = {
    "id": ((str,), "not a text"),
    "route": ((str,), "not a text"),
    "input": (
        (str, dict, list),
        "not a text, a body (an object), or a list of inputs to embed",
    ),
    "primary": _ANSWER,
    "candidate": _ANSWER,
    "reask": (
        (str, dict, type(None)),
        f"{_ANSWER[1]}; it is the primary's second answer, or left out",
    ),
}
_STREAM = re.compile(r"\s*(?:event:[^\n]*\s+)?data:\s*(?:\{|\[DONE\])")
_NO_WORDS_IN = frozenset({"audio"})  # what was asked there is a sound
_USUAL = {"audio": "transcriptions", "embed": "embeddings", "rerank": "rerank"}
_ENDS = {
    State.COMPLETE: End.COMPLETE,
    State.NO_DONE: End.NO_TERMINAL,
    State.NO_FINISH: End.NO_TERMINAL,
    State.ERROR_EVENT: End.ERROR_EVENT,
}


class BrokenLine(ValueError):
    """A line that is not a pair of answers; the message says what to mend."""


def parse(line: bytes, route: str | None = None) -> Case:
    """The case of one line; `route` is that of lines that name none. Raises `BrokenLine`."""
    try:
        found = json.loads(line)
    except RecursionError as error:
        told = "nested too deeply to be read, by thousands of brackets; mend or leave out this line"
        raise BrokenLine(told) from error
    except ValueError as error:
        raise BrokenLine(f"not JSON ({error}); write one object a line") from error
    if not isinstance(found, dict):
        raise BrokenLine("not an object; write one object a line")
    found = _complete(found, route)
    if any(_is_body(found[name]) for name in _BODIES):
        return _of_bodies(found)
    asked = found["input"]
    if not isinstance(asked, str):
        raise BrokenLine("`input` is no text and the answers are texts; write both alike")
    pair = Pair(found["route"], asked, found["primary"], found["candidate"])
    return cases.of_texts(found["id"], pair, found["reask"])


def _complete(found: Mapping[str, Any], route: str | None) -> Mapping[str, Any]:
    """The line with what it may leave out, each part of a type it may have."""
    line: dict[str, Any] = {"reask": None, **found}
    if route is not None:
        line.setdefault("route", route)
    if line.get("route") in _NO_WORDS_IN:
        line.setdefault("input", "")
    for name in (*NEEDED, "reask"):
        if name not in line:
            raise BrokenLine(f"`{name}` is missing; a pair has {', '.join(NEEDED)}")
        types, called = _MAY_BE[name]
        if not isinstance(line[name], types):
            raise BrokenLine(f"`{name}` is {called}")
    if line["route"] not in ROUTES:
        raise BrokenLine(f"route {line['route']!r} is unknown; one of {', '.join(ROUTES)}")
    return line


def _is_body(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, str) and bool(_STREAM.match(value)))


def _of_bodies(line: Mapping[str, object]) -> Case:
    given = [line[name] for name in _BODIES if line[name] is not None]
    if not all(map(_is_body, given)):
        raise BrokenLine("texts stand beside whole bodies; write all answers of a line alike")
    route = str(line["route"])
    dialect = next(filter(None, (_dialect(one, route) for one in given)), "") or _usual(route)
    replies = (_reply(line[name], dialect, leg, side) for name, leg, side in _SIDES)
    served = {reply.leg: reply for reply in replies if reply is not None}
    asked = _asked(line["input"], dialect)
    return cases.of_legs(str(line["id"]), route, dialect, asked, legs.of(served))


def _dialect(body: object, route: str) -> str:
    """The first dialect that finds an answer in a body, the route's own first; empty where none does."""
    reply, usual = _whole(body), _usual(route)
    names = (usual, *READERS) if usual else tuple(READERS)
    return next((name for name in names if not answer.read(reply, name).problem), "")


def _usual(route: str) -> str:
    """The dialect where neither answer tells: both may be errors."""
    name = _USUAL.get(route, "chat")
    return name if name in READERS else ""


def _reply(body: object, dialect: str, leg: Leg, side: Side) -> Reply | None:
    if body is None:
        return None
    reply = replace(_whole(body), leg=leg, side=side)
    if isinstance(body, dict):
        error = members(body, "error") or body.get("error")
        return replace(reply, end=End.HTTP_ERROR, error=str(error)[:200]) if error else reply
    state = answer.read(reply, dialect).state if dialect else State.COMPLETE
    return replace(reply, end=_ENDS[state])


def _whole(body: object) -> Reply:
    """A body as if an upstream had sent it whole."""
    streamed = isinstance(body, str)
    return Reply(
        exchange_id="",
        leg=Leg.SERVED,
        side=Side.PRIMARY,
        upstream="recorded",
        location="",
        model="",
        sent_us=0,
        end=End.COMPLETE,
        content_type="text/event-stream" if streamed else "application/json",
        body=(body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "replace"),
    )


def _asked(given: object, dialect: str) -> Asked:
    if isinstance(given, str):
        return Asked(given)
    if isinstance(given, list):
        given = {"input": given}
    if dialect in READERS:
        found = READERS[dialect].asked(json.dumps(given).encode(), "application/json")
        if found.body:
            return found
    return Asked(body=given if isinstance(given, dict) else {})
