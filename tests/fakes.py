"""A fake OpenAI-compatible upstream: a real HTTP/1.1 server on an ephemeral loopback port.

    async with FakeUpstream(text="good morning") as upstream:
        ...upstream.base_url, upstream.seen, upstream.accepts...

    with running(FakeUpstream(mode=Mode.HANG)) as (upstream,):  # in a thread, for blocking tests
        ...

`mode` may be changed at any time and holds for the requests that come after.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Self

import endpoints

from mirror.dialects import multipart
from mirror.dialects.multipart import MultipartBroken


class Mode(StrEnum):
    """How the fake behaves."""

    OK = "ok"  # JSON or SSE, as the request's `stream` asks
    JSON = "json"  # JSON, whatever was asked
    SSE = "sse"  # SSE, whatever was asked
    SLOW = "slow"  # like OK, after `delay_s`, or when `gate` opens
    HANG = "hang"  # reads the request and never answers
    REFUSE = "refuse"  # the port is bound and nobody listens (only when started so)
    ERROR = "500"
    LIMITED = "429"
    UNAVAILABLE = "503"
    GARBAGE = "garbage"  # 200 with a JSON content type and no JSON
    NOT_HTTP = "not_http"  # bytes that are no HTTP at all
    CUT = "cut"  # breaks the connection in the middle of the body
    NO_TERMINAL = "no_terminal"  # a stream that ends cleanly without `[DONE]`
    ERROR_FIRST = "error_first"  # 200, and the first SSE event is an error object
    COMMENTS = "comments"  # 200, and only `: keep-alive` comments, for ever
    SILENT = "silent"  # 200 with headers, then silence


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived. Header names are lower case; `raw` is the head as sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


def completion(text: str, model: str, identifier: str = "chatcmpl-1") -> bytes:
    """A whole chat completion as JSON bytes."""
    return json.dumps(
        {
            "id": identifier,
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
    ).encode()


def chunk(delta: dict[str, str], model: str, finish: str | None = None) -> bytes:
    """One SSE event with a chat completion chunk."""
    payload = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def stream_events(text: str, model: str) -> list[bytes]:
    """The SSE events of a whole answer: the role, a word each, the end, `[DONE]`."""
    words = [word + " " for word in text.split(" ")]
    words[-1] = words[-1][:-1]
    return [
        chunk({"role": "assistant", "content": ""}, model),
        *(chunk({"content": word}, model) for word in words),
        chunk({}, model, "stop"),
        b"data: [DONE]\n\n",
    ]


@dataclass(slots=True)
class FakeUpstream:
    """The server. `answer` makes the text from the decoded request; without it, `text` is sent."""

    mode: Mode = Mode.OK
    text: str = "Take one tablet twice daily."
    answer: Callable[[dict[str, Any]], str] | None = None
    model: str | None = None  # the model named in answers; None repeats the one asked for
    delay_s: float = 0.1  # before the head, in SLOW
    trouble: str = "fake"  # what an error says
    pace_s: float = 0.0  # between SSE events
    gate: asyncio.Event | None = (
        None  # the last SSE event waits for it; all of the answer, in SLOW
    )
    gzip: bool = False
    headers: dict[str, str] = field(default_factory=dict)  # added to every answer
    seen: list[Seen] = field(default_factory=list)
    accepts: int = 0  # connections that were opened
    aborts: int = 0  # requests whose client left before the end
    port: int = 0
    _server: asyncio.Server | None = None
    _holder: socket.socket | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        """What a policy's `base_url` says."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> Self:
        # asyncio sets TCP_NODELAY only where the protocol is named
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        if self.mode is Mode.REFUSE:
            self._holder = listener
        else:
            self._server = await asyncio.start_server(self._connection, sock=listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def call(self, function: Callable[[], object]) -> None:
        """Calls a function in the fake's own loop, from another thread."""
        assert self._server is not None
        self._server.get_loop().call_soon_threadsafe(function)

    async def stop(self) -> None:
        """Closes the port and every connection; the port number may be used again."""
        if self._holder is not None:
            self._holder.close()
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = self._holder = None

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.accepts += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.aborts += 1
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Serves one request. False where the connection ends with it."""
        request = await _read(reader)
        if request is None:
            return False
        self.seen.append(request)
        answering = asyncio.ensure_future(self._answer(request, writer))
        leaving = asyncio.ensure_future(_left(reader))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                self.aborts += 1
                return False
            return answering.result()
        finally:
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    async def _answer(self, request: Seen, writer: asyncio.StreamWriter) -> bool:
        asked = _asked(request)
        model = self.model or str(asked.get("model", "fake"))
        text = self.answer(asked) if self.answer else self.text
        streams = self.mode is Mode.SSE or (self.mode is not Mode.JSON and _streams(asked))
        match self.mode:
            case Mode.HANG:
                await asyncio.Event().wait()
            case Mode.ERROR | Mode.LIMITED | Mode.UNAVAILABLE:
                return await self._error(writer, int(self.mode))
            case Mode.NOT_HTTP:
                return await _send(writer, b"\x16\x03\x01 this is not HTTP\r\n\r\n", last=True)
            case Mode.GARBAGE:
                return await self._whole(writer, 200, b"<html>not JSON</html>")
            case Mode.COMMENTS | Mode.SILENT:
                await self._mute(writer)
            case Mode.SLOW:
                await (self.gate.wait() if self.gate else asyncio.sleep(self.delay_s))
            case _:
                pass
        if streams or self.mode is Mode.ERROR_FIRST:
            events = endpoints.stream(request.path, asked, text, model)
            return await self._stream(writer, events)
        found = endpoints.whole(request.path, asked, text, model)
        return await self._whole(writer, 200, found.body, found.content_type)

    async def _error(self, writer: asyncio.StreamWriter, status: int) -> bool:
        error = {"message": self.trouble, "type": "server_error", "param": None, "code": None}
        return await self._whole(writer, status, json.dumps({"error": error}).encode())

    async def _mute(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self._head(200, "text/event-stream", "transfer-encoding: chunked"))
        while True:
            if self.mode is Mode.COMMENTS:
                writer.write(_chunked(b": keep-alive\n\n"))
            await writer.drain()
            await asyncio.sleep(0.02)

    async def _whole(
        self, writer: asyncio.StreamWriter, status: int, body: bytes, kind: str = endpoints.JSON
    ) -> bool:
        if self.gzip:
            body = gzip.compress(body, mtime=0)
        head = self._head(status, kind, f"content-length: {len(body)}")
        if self.mode is Mode.CUT:
            return await _send(writer, head + body[: len(body) // 2], last=True)
        return await _send(writer, head + body)

    async def _stream(self, writer: asyncio.StreamWriter, events: list[bytes]) -> bool:
        writer.write(self._head(200, "text/event-stream", "transfer-encoding: chunked"))
        async for event in self._events(events):
            writer.write(_chunked(event))
            await writer.drain()
        if self.mode is Mode.CUT:
            return await _send(writer, b"", last=True)
        return await _send(writer, b"0\r\n\r\n")

    async def _events(self, events: list[bytes]) -> AsyncIterator[bytes]:
        match self.mode:
            case Mode.ERROR_FIRST:
                events = [b'data: {"error": {"message": "no GPU", "type": "server_error"}}\n\n']
            case Mode.CUT:
                events = events[: len(events) // 2]
            case Mode.NO_TERMINAL:
                events = events[:-1]
            case _:
                pass
        if self.gzip:
            events = [gzip.compress(b"".join(events), mtime=0)]
        for event in events:
            if self.gate is not None and event is events[-1]:
                await self.gate.wait()
            yield event
            await asyncio.sleep(self.pace_s)

    def _head(self, status: int, content_type: str, length: str) -> bytes:
        reason = HTTPStatus(status).phrase
        lines = [f"HTTP/1.1 {status} {reason}", f"content-type: {content_type}", length]
        if self.gzip:
            lines.append("content-encoding: gzip")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()


def _asked(request: Seen) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    try:
        if kind.startswith("multipart/"):
            return dict(multipart.fields(request.body, kind))
        asked = request.json
    except (ValueError, MultipartBroken):
        return {}
    return asked if isinstance(asked, dict) else {}


def _streams(asked: dict[str, Any]) -> bool:
    return asked.get("stream") in (True, "true")


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _left(reader: asyncio.StreamReader) -> None:
    """Returns when the client has closed or broken the connection."""
    while not reader.at_eof() and reader.exception() is None:
        await asyncio.sleep(0.02)


async def _send(writer: asyncio.StreamWriter, data: bytes, *, last: bool = False) -> bool:
    """Writes; True where the connection may carry another request."""
    writer.write(data)
    await writer.drain()
    return not last


async def _read(reader: asyncio.StreamReader) -> Seen | None:
    """The next request, or None where the client has closed the connection."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join([piece async for piece in _chunks(reader)])
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, body, raw)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)


@contextlib.contextmanager
def running(*fakes: FakeUpstream) -> Iterator[tuple[FakeUpstream, ...]]:
    """Runs fakes in a thread of their own, for tests that block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        for fake in fakes:
            asyncio.run_coroutine_threadsafe(fake.__aenter__(), loop).result(5)
        yield fakes
    finally:
        for fake in fakes:
            asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
