"""Takes in a request's body, and works on a large one beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

from mirror.body import IN_MEMORY_BYTES, Body, aside, in_room
from mirror.dialects.multipart import Buffer
from mirror.proxy.asgi import Receive

__all__ = ["IN_MEMORY_BYTES", "Body", "NoBody", "aside", "read_body", "viewed"]

MOST_BYTES = 100 << 20
CROWDED_S = 30.0  # a client waits no longer for its long body to be read


class NoBody(StrEnum):
    """Why there is no body to work with."""

    CUT_OFF = "cut_off"  # the client left in the middle of it
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"


async def viewed[T](body: Body, work: Callable[[Buffer], T]) -> T:
    """The same of a body that may be in a file, and is not copied from there. Raises Crowded."""

    def look() -> T:
        with body.view() as view:
            return work(view)

    if body.length <= IN_MEMORY_BYTES:
        return look()
    return await in_room(body.length, look, CROWDED_S)


async def read_body(
    receive: Receive, declared: str, most: int = MOST_BYTES, within_s: float | None = None
) -> Body | NoBody:
    """The whole body; `declared` is the content-length header. Raises OSError on a full disk."""
    if declared.isdecimal() and int(declared) > most:
        return NoBody.TOO_LARGE
    body = Body()
    try:
        async with asyncio.timeout(within_s):
            return await _read(receive, body, most)
    except TimeoutError:
        body.close()
        return NoBody.TOO_SLOW


async def _read(receive: Receive, body: Body, most: int) -> Body | NoBody:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            body.close()
            return NoBody.CUT_OFF
        body.add(message.get("body", b""))
        if body.length > most:
            body.close()
            return NoBody.TOO_LARGE
        if not message.get("more_body", False):
            return body
