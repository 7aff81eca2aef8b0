"""One request's turn on its connection, as its application sees it: `receive` and `send` of ASGI."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from mirror.proxy import wire
from mirror.proxy.asgi import App, Scope
from mirror.proxy.http1 import CONTINUE, Framing, Request, framing_of, head_of
from mirror.proxy.refusals import OUR_FAULT

_log = logging.getLogger(__name__)
_ASGI = {"version": "3.0", "spec_version": "2.3"}


class Line(Protocol):
    """What a turn needs of its connection."""

    paused: bool
    """Whether the client reads more slowly than it is written to."""

    @property
    def closes(self) -> bool:
        """Whether no request is to come after those that are here."""

    def write(self, data: bytes) -> None:
        """Writes bytes, now."""

    def soon(self, flush: Any) -> None:
        """Calls back when everything that is ready now has been done."""

    async def drained(self) -> None:
        """Waits while the line is paused."""

    def taken(self) -> None:
        """A body's bytes were taken."""

    def answered(self, turn: Turn) -> None:
        """A turn's answer is out."""

    def close(self) -> None:
        """Ends the connection, behind what was written."""

    def linger(self) -> None:
        """The same, with time for a client that is still sending to read it."""


class Turn:
    """A request that is coming in or being answered.

    An answer's head is held until the first of its body, so that both are one write; never longer
    than until everything that is ready has been done. What an application leaves incomplete ends
    the connection: nobody must take half an answer for a whole one. So does an answer to a request
    that is not whole, for nobody wants the rest of it.
    """

    def __init__(self, line: Line, request: Request) -> None:
        self.request = request
        self.held = 0  # bytes of the body that nobody has taken
        self.started = False
        self.complete = False
        self._line = line
        self._body: list[bytes] = []
        self._whole = False
        self._given = False
        self._left = False
        self._expects = request.expects
        self._news = asyncio.Event()
        self._head = b""
        self._framing = Framing()
        self._closes = False

    def take(self, piece: bytes) -> None:
        """The next bytes of the body; of a request that is answered already, nobody wants them."""
        if not self.complete:
            self._body.append(piece)
            self.held += len(piece)
            self._news.set()

    def end(self) -> None:
        """The request is whole."""
        self._whole = True
        self._news.set()

    def leave(self) -> None:
        """The client is gone, or will hear no more on this."""
        self._left = True
        self._news.set()

    async def run(self, app: App, scope: Scope) -> None:
        """Answers the request."""
        try:
            await app(scope, self.receive, self.send)
        except Exception as fault:  # its message could quote the request
            _log.error("answering failed: %s", type(fault).__name__)
        finally:
            if not self.complete and not self._left:
                self._cut()

    def _cut(self) -> None:
        if self.started:
            self._flush()
        else:
            self._line.write(wire.response(OUR_FAULT))
        self._line.close()

    async def receive(self) -> MutableMapping[str, Any]:
        """The next of the request; that the client is gone, or the answer out."""
        if self._expects and not self._whole and not self.started:
            self._line.write(CONTINUE)
        self._expects = False
        while not self._left and not self.complete:
            if self._body or (self._whole and not self._given):
                return self._next()
            self._news.clear()
            await self._news.wait()
        return {"type": "http.disconnect"}

    def _next(self) -> MutableMapping[str, Any]:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self.held, self._given = 0, self._whole
        self._line.taken()
        return {"type": "http.request", "body": body, "more_body": not self._whole}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """The next of the answer. What is sent to a client that is gone is dropped."""
        if self._line.paused and not self._left:
            await self._line.drained()
        if self._left:
            return
        if message["type"] == "http.response.start":
            self._start(message["status"], list(message.get("headers", ())))
        else:
            last = not message.get("more_body", False)
            self._continue(message.get("body", b""), last=last)

    def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        if self.started:
            raise RuntimeError("the answer has begun already")
        framing = framing_of(self.request, status, headers)
        keeps = self.request.keeps and not self._line.closes
        self._closes = not (keeps and framing.ends and self._whole)
        self._head = head_of(status, headers, chunked=framing.chunked, closes=self._closes)
        self._framing, self.started = framing, True
        self._line.soon(self._flush)

    def _continue(self, body: bytes, *, last: bool) -> None:
        if not self.started or self.complete:
            raise RuntimeError("the answer has not begun, or is complete")
        data = self._head + self._framing.piece(body, last=last)
        self._head = b""
        if data:
            self._line.write(data)
        if last:
            self.complete = True
            self._body.clear()
            self.held = 0
            self._news.set()
            if not self._whole:
                self._line.linger()
            elif self._closes:
                self._line.close()
            self._line.answered(self)

    def _flush(self) -> None:
        if self._head and not self._left:
            self._line.write(self._head)
        self._head = b""


def scope_of(request: Request, client: tuple[str, int] | None) -> Scope:
    """The ASGI scope of a request."""
    path = unquote_to_bytes(request.path) if b"%" in request.path else request.path
    return {
        "type": "http",
        "asgi": _ASGI,
        "http_version": request.version,
        "method": request.method,
        "scheme": "http",
        "path": path.decode("utf-8", "replace"),
        "raw_path": request.path,
        "query_string": request.query,
        "root_path": "",
        "headers": request.headers,
        "client": client,
        "server": None,
    }
