"""The little of ASGI that the relay speaks, and the headers that do not cross a proxy."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from mirror.dialects import openai
from mirror.headers import RawHeaders

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

# RFC 9110, section 7.6.1, with the older names that are still sent.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# An upstream's cookies are not the clients': none is ever sent back to it.
NOT_PASSED_ON = HOP_BY_HOP | {b"set-cookie", b"x-crossfade-exchange", b"x-crossfade-served"}


# What h11 refuses of what an upstream's parser lets pass. It would take the head for sent by then,
# and the client would get a closed connection in place of an answer.
_UNSENDABLE = re.compile(rb"[\0\r\n\v\f]")


class BadHead(ValueError):
    """An answer's head that no server would send."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of our own: a status and an error in the shape that clients expect.

    `retry` false tells clients of the OpenAI SDK not to try again, `retry_after_s` when they may.
    """

    status: int
    message: str
    kind: str
    code: str
    retry: bool = True
    retry_after_s: int | None = None


@dataclass(slots=True)
class Giving:
    """A `Send` that knows whether the answer's head has gone out."""

    send: Send
    started: bool = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Passes a message on."""
        self.started = True
        await self.send(message)


def passed_on(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """The headers of an upstream's answer that its client gets."""
    found = [(name.lower(), value) for name, value in headers]
    named = {
        token.strip().lower()
        for name, value in found
        if name == b"connection"
        for token in value.split(b",")
    }
    hidden = NOT_PASSED_ON | named
    return [(name, value) for name, value in found if name not in hidden]


async def start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    """Sends an answer's head. Raises BadHead, with nothing sent, where it cannot be sent."""
    if not 200 <= status < 600 or any(_UNSENDABLE.search(value) for _, value in headers):
        raise BadHead
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def body(send: Send, chunk: bytes, *, more: bool) -> None:
    """Sends a part of an answer's body."""
    await send({"type": "http.response.body", "body": chunk, "more_body": more})


async def whole(send: Send, status: int, content_type: bytes, content: bytes) -> None:
    """Sends a whole answer of our own."""
    length = str(len(content)).encode()
    await start(send, status, [(b"content-type", content_type), (b"content-length", length)])
    await body(send, content, more=False)


async def refuse(send: Send, refusal: Refusal, exchange: str = "") -> None:
    """Sends a refusal."""
    content = openai.error_body(refusal.message, refusal.kind, refusal.code)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
    ]
    if exchange:
        headers.append((b"x-crossfade-exchange", exchange.encode()))
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", str(refusal.retry_after_s).encode()))
    if not refusal.retry or refusal.retry_after_s is not None:
        headers.append((b"x-should-retry", b"true" if refusal.retry else b"false"))
    await start(send, refusal.status, headers)
    await body(send, content, more=False)
