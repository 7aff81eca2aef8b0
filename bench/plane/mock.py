"""An upstream that costs next to nothing: fixed answers by a bare asyncio protocol.

A request's text says what it wants: `events=100 pace=5` streams that many events, so many
milliseconds apart; anything else is answered at once with a chat completion of 1 kB.
`mode` is that of a candidate: ok, hang, slow, reset, huge.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys

WANTED = re.compile(rb"events=(\d+) pace=(\d+)")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"transfer-encoding: *chunked", re.IGNORECASE)
SLOW_S = 2.0
HUGE = b"x" * (64 << 20)


def completion(size: int = 1000) -> bytes:
    """A chat completion as JSON, of about `size` bytes."""
    message = {"role": "assistant", "content": ("Take one tablet daily. " * 99)[: size - 260]}
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "mock",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 200, "total_tokens": 220},
    }
    return json.dumps(document).encode()


def event(text: str | None) -> bytes:
    """One event of a stream; None for the one that says it is finished."""
    delta, finish = ({"content": text}, None) if text is not None else ({}, "stop")
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "mock",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _chunk(payload: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(payload), payload)


BODY = completion()
JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
WHOLE = JSON_HEAD % len(BODY) + BODY
STREAM = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
EVENT = _chunk(event("word "))
LAST = _chunk(event(None) + b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection."""

    mode = "ok"

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.timer is not None:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self._one():
            pass

    def _one(self) -> bool:
        """Answers the first whole request in the buffer. False where there is none."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.buffer[:end])
        whole = self._length(head, end + 4)
        if whole is None or len(self.buffer) < whole:
            return False
        body = bytes(self.buffer[end + 4 : min(whole, end + 4096)])
        del self.buffer[:whole]
        self._answer(body)
        return True

    def _length(self, head: bytes, start: int) -> int | None:
        if found := LENGTH.search(head):
            return start + int(found[1])
        if CHUNKED.search(head):
            end = self.buffer.find(b"0\r\n\r\n", start)
            return None if end < 0 else end + 5
        return start

    def _answer(self, body: bytes) -> None:
        assert self.transport is not None
        loop = asyncio.get_running_loop()
        match self.mode:
            case "hang":
                return
            case "slow":
                self.timer = loop.call_later(SLOW_S, self._now, WHOLE)
            case "reset":
                self.transport.abort()
            case "huge":
                self._now(JSON_HEAD % len(HUGE) + HUGE)
            case _:
                wanted = WANTED.search(body)
                if wanted is None:
                    self.transport.write(WHOLE)
                    return
                self.transport.write(STREAM)
                self._next(int(wanted[1]), int(wanted[2]) / 1000, loop.time())

    def _now(self, answer: bytes) -> None:
        if self.transport is not None:
            self.transport.write(answer)

    def _next(self, left: int, pace_s: float, at_s: float) -> None:
        """Sends an event and sets the clock for the next one, by the time it was due at."""
        if self.transport is None:
            return
        if left == 0:
            self.transport.write(LAST)
            return
        self.transport.write(EVENT)
        at_s += pace_s
        self.timer = asyncio.get_running_loop().call_at(
            at_s, self._next, left - 1, pace_s, at_s
        )


async def serve(port: int, mode: str) -> None:
    """Answers until it is killed."""
    Upstream.mode = mode
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", port, backlog=2048)
    gc.freeze()
    async with server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "ok"))
