"""A request says each thing once, and nothing that no name has: else two readers of it would read two things."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request

from cutover.api.problems import NOWHERE, Problem

NULL = "\0"
"""The one character that a store may not take."""


async def plain(request: Request) -> None:
    """A dependency: lets a request through that can be meant in one way alone. Raises Problem 404 and 422."""
    if any(NULL in str(value) for value in request.path_params.values()):
        raise Problem(HTTPStatus.NOT_FOUND, NOWHERE)
    given = request.query_params.multi_items()
    for name, value in given:
        if NULL in value:
            raise Problem(HTTPStatus(422), f"`{name}` must not contain control characters")
    if twice := _again([name for name, _ in given]) - _lists(request):
        raise Problem(HTTPStatus(422), f"`{min(twice)}` stands twice in the address")
    if name := twice_in(await request.body()):
        raise Problem(HTTPStatus(422), f"`{name}` stands twice in the body")


def twice_in(body: bytes) -> str:
    """The key of a JSON object of this body that stands there more than once; "" for none, and for what is no JSON."""
    twice: list[str] = []

    def seen(pairs: list[tuple[str, Any]]) -> None:
        twice.extend(sorted(_again([name for name, _ in pairs])))

    try:
        json.loads(body or b"null", object_pairs_hook=seen)
    except (ValueError, RecursionError):
        return ""  # what reads it says what is wrong with it
    return twice[0] if twice else ""


def _again(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def _lists(request: Request) -> set[str]:
    """What may be given more than once, as the API describes it."""
    app, path = request.app, getattr(request.scope.get("route"), "path", "")
    assert isinstance(app, FastAPI), "it is asked of a path of ours"
    operation = app.openapi()["paths"].get(path, {}).get(request.method.lower(), {})
    return {
        one["name"]
        for one in operation.get("parameters", ())
        if one["in"] == "query" and one["schema"].get("type") == "array"
    }
