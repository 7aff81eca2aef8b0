"""A request's body: in memory while it is small, in an unnamed temporary file beyond that."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from mirror.proxy.asgi import Receive

IN_MEMORY_BYTES = 1 << 20
MOST_BYTES = 100 << 20
_PIECE = 1 << 18


class NoBody(StrEnum):
    """Why there is no body to work with."""

    CUT_OFF = "cut_off"  # the client left in the middle of it
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"


@dataclass(slots=True)
class Body:
    """The bytes of a request, to be read as often as upstreams are asked. `close` frees the file."""

    length: int = 0
    _file: tempfile.SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - see close
    )

    def add(self, chunk: bytes) -> None:
        """Takes the next bytes."""
        self._file.write(chunk)
        self.length += len(chunk)

    def whole(self) -> bytes:
        """All of it."""
        self._file.seek(0)
        return self._file.read()

    async def pieces(self) -> AsyncIterator[bytes]:
        """All of it, from the start, a piece at a time."""
        for piece in self.slices(_PIECE):
            yield piece

    def slices(self, size: int) -> Iterator[bytes]:
        """All of it, from the start, so many bytes at a time."""
        self._file.seek(0)
        while piece := self._file.read(size):
            yield piece

    def close(self) -> None:
        """Frees memory and file."""
        self._file.close()


async def aside[T](content: bytes, work: Callable[[bytes], T]) -> T:
    """What `work` makes of a body; in a thread for a large one, so that others are answered.

    They wait only while a single call of C, such as reading one JSON value, holds the interpreter.
    """
    if len(content) <= IN_MEMORY_BYTES:
        return work(content)
    return await asyncio.to_thread(work, content)


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
