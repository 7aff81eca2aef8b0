"""Gives an answer to the client as it arrives, and says how it ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mirror.egress import FAULTS, failure
from mirror.exchange import End, Side
from mirror.proxy import asgi
from mirror.proxy.asgi import Receive, Send
from mirror.proxy.engine import Answer, Unanswered


class ClientLeft(Exception):
    """The client closed its connection before its answer was complete."""


def left(found: Answer | Unanswered | None) -> tuple[End, str]:
    """What a client's leaving means: nothing, for one that closes once it has read the last event."""
    if isinstance(found, Answer) and found.watch.terminal:
        return found.watch.end()
    return End.CLIENT_ABORT, "the client left"


@asynccontextmanager
async def while_connected(receive: Receive) -> AsyncIterator[None]:
    """Cancels its block when the client leaves, so that upstreams stop working for nobody.

    Raises ClientLeft then. To be entered after the request's body was read.
    """
    watcher: asyncio.Future[None] | None = None
    try:
        async with asyncio.timeout(None) as leave:
            watcher = asyncio.ensure_future(_expire_on_leaving(receive, leave))
            try:
                yield
            finally:
                watcher.cancel()
    except TimeoutError:
        if leave.expired():
            raise ClientLeft from None
        raise


async def _expire_on_leaving(receive: Receive, leave: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    leave.reschedule(asyncio.get_running_loop().time())


async def give(
    answer: Answer,
    send: Send,
    exchange: str,
    gap_s: float | None = None,
    *,
    provenance: bool = False,
) -> tuple[End, str]:
    """Passes an answer on, byte for byte, and returns how it ended. With `provenance`, the client
    is told who answered.

    A candidate's may pause for `gap_s` seconds between two events, and a primary's for ever, as it
    would without us.

    Where it cannot be completed, the response is left incomplete, which makes the server close the
    connection: a client must never take half an answer for a whole one.
    """
    headers = [
        *asgi.passed_on(answer.incoming.headers),
        (b"x-crossfade-exchange", exchange.encode()),
    ]
    if provenance:
        headers.append((b"x-crossfade-served", _provenance(answer)))
    await asgi.start(send, answer.incoming.status, headers)
    for chunk in answer.held:
        await asgi.body(send, chunk, more=True)
    try:
        await _flow(answer, send, gap_s if answer.choice.side is Side.CANDIDATE else None)
    except FAULTS as fault:
        end, error = failure(fault)
        await _tell(answer, send)
        return end, error
    return await _finish(answer, send)


def _provenance(answer: Answer) -> bytes:
    """`UPSTREAM; MODEL`: the model that the answer named by now, or the one that was asked."""
    model = answer.watch.model or answer.choice.model
    told = "".join(c if c.isascii() and c.isprintable() else "?" for c in model)
    return f"{answer.choice.upstream}; {told}".encode()


async def _flow(answer: Answer, send: Send, gap_s: float | None) -> None:
    chunks = answer.incoming.chunks  # with a clock for each only where it is needed
    async for chunk in chunks if gap_s is None else _steady(answer, gap_s):
        at_us = answer.times.elapsed_us()
        await asgi.body(send, chunk, more=True)
        answer.watch.feed(chunk)
        answer.times.note(at_us, answer.watch.said)


async def _steady(answer: Answer, gap_s: float) -> AsyncIterator[bytes]:
    """The rest of an answer; TimeoutError when nothing new of it came within `gap_s` seconds.

    Only the upstream is timed: a client that reads slowly is no fault of its.
    """
    chunks = aiter(answer.incoming.chunks)
    waited, steps = 0.0, answer.watch.steps
    while True:
        since = time.monotonic()
        answer.quiet_since_s = since - waited
        async with asyncio.timeout(gap_s - waited):
            chunk = await anext(chunks, None)
        answer.quiet_since_s = None
        if chunk is None:
            return
        waited += time.monotonic() - since
        yield chunk
        if answer.watch.steps != steps:
            waited, steps = 0.0, answer.watch.steps


async def _finish(answer: Answer, send: Send) -> tuple[End, str]:
    """Ends the response. A primary's stays as it is, even without a terminal event."""
    if answer.choice.side is Side.CANDIDATE and answer.watch.streaming:
        end, error = answer.watch.end()
        if end not in (End.COMPLETE, End.HTTP_ERROR):
            await _tell(answer, send)
            return end, error
    await asgi.body(send, b"", more=False)
    return answer.watch.end()


async def _tell(answer: Answer, send: Send) -> None:
    """Tells a client of the candidate's stream that it broke: SDKs take a silent end for a good one."""
    told = answer.watch.failed or answer.watch.encoding not in ("", "identity")
    if answer.choice.side is Side.CANDIDATE and answer.watch.streaming and not told:
        message = "the answer broke off; ask again"
        event = answer.watch.dialect.error_event(message, "server_error", "broken_stream")
        await asgi.body(send, event, more=True)
