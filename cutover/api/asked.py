"""What a request to the control API asks, checked: token, numbers, and the fields of its body."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from starlette.requests import Request

from cutover.api.problems import Problem

BODY_LIMIT = 16_384
REASON_LIMIT = 500
NAME_LIMIT = 200


def token(authorization: str) -> str:
    """The bearer token (RFC 6750). Raises Problem 401."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "send your token as `Authorization: Bearer TOKEN`; a token comes from `crossfade user add`",
        )
    return value.strip()


async def body(request: Request) -> bytes:
    """The request's body. Raises Problem 413 as soon as it is too large."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > BODY_LIMIT:
            raise Problem(HTTPStatus(413), f"a body has at most {BODY_LIMIT} bytes")
    return bytes(received)


def fields(raw: bytes, wanted: Iterable[str]) -> dict[str, str]:
    """A JSON object of exactly these text fields. Raises Problem 422."""
    names = set(wanted)
    try:
        parsed: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise _unprocessable("the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise _unprocessable("the body must be a JSON object")
    if parsed.keys() != names:
        raise _unprocessable(f"the body must have exactly: {', '.join(sorted(names))}")
    for name, value in parsed.items():
        if not isinstance(value, str):
            raise _unprocessable(f"`{name}` must be a text")
    return {name: str(value) for name, value in parsed.items()}


def reason(text: str, called: str = "reason") -> str:
    """A reason a person gives: 1 to 500 printable characters. Raises Problem 422."""
    said = text.strip()
    if not 1 <= len(said) <= REASON_LIMIT:
        raise _unprocessable(f"`{called}` must have 1 to {REASON_LIMIT} characters")
    if not said.isprintable():
        raise _unprocessable(
            f"`{called}` must not contain control characters, line breaks included"
        )
    return said


def name(text: str, called: str) -> str:
    """A name a person gives: 1 to 200 printable characters. Raises Problem 422."""
    said = text.strip()
    if not 1 <= len(said) <= NAME_LIMIT or not said.isprintable():
        raise _unprocessable(f"`{called}` must have 1 to {NAME_LIMIT} printable characters")
    return said


def number(
    query: Mapping[str, str], name: str, *, default: int | None, highest: int = 2**53
) -> int | None:
    """A whole number of at least 1 in the query. Raises Problem 422."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:20]) <= highest:
        raise _unprocessable(f"`{name}` must be a whole number from 1 to {highest}")
    return int(text)


def seconds(text: str, *, highest: int, lowest: int = 1, default: int | None = None) -> int:
    """How long something lasts, as the field `for_s` says; `default` where it says "". Raises Problem 422."""
    if not text and default is not None:
        return default
    found = int(text[:20]) if text.isascii() and text.isdigit() else 0
    if not lowest <= found <= highest:
        raise _unprocessable(
            f"`--for` must be from {_span(lowest)} to {_span(highest)}: "
            f"`for_s`, a whole number of seconds from {lowest} to {highest}"
        )
    return found


def _span(seconds: int) -> str:
    """Seconds as people write them: 30s, 10m, 2h, 90d."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _unprocessable(detail: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
