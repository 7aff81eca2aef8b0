"""A request's body: in memory while it is small, in an unnamed temporary file beyond that."""

from __future__ import annotations

import asyncio
import mmap
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mirror.dialects import multipart
from mirror.dialects.multipart import Buffer, Splice

IN_MEMORY_BYTES = 1 << 20
_PIECE = 1 << 18


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

    def content(self, *, whole: bool) -> bytes | Pieces:
        """The body as it is sent: in memory, if it is small or `whole` is wanted, or from its file."""
        return self.whole() if whole or self.length <= IN_MEMORY_BYTES else Pieces(self)

    @contextmanager
    def view(self) -> Iterator[Buffer]:
        """All of it, to be looked at while in the block, without a copy of what is in the file."""
        if self.length <= IN_MEMORY_BYTES:
            yield self.whole()
            return
        self._file.flush()
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as found:
            yield found

    def slices(self, size: int = _PIECE) -> Iterator[bytes]:
        """All of it, from the start, so many bytes at a time. Two readers do not disturb each other."""
        if self.length <= IN_MEMORY_BYTES:
            content = self.whole()
            yield from (content[at : at + size] for at in range(0, len(content), size))
            return
        self._file.flush()
        handle, at = self._file.fileno(), 0
        while piece := os.pread(handle, size, at):
            yield piece
            at += len(piece)

    def close(self) -> None:
        """Frees memory and file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Pieces:
    """A form too long for memory, as it is sent: the body, with one field replaced or none.

    Called, it gives the bytes from the start, each time anew.
    """

    body: Body
    splice: Splice | None = None

    @property
    def length(self) -> int:
        """Bytes that are sent."""
        return self.body.length + (self.splice.growth if self.splice else 0)

    def fields(self, content_type: str) -> dict[str, str]:
        """The form's values by name, as they came. Raises MultipartBroken."""
        with self.body.view() as view:
            return multipart.fields(view, content_type)

    def with_model(self, content_type: str, model: str) -> Pieces:
        """The same for another model. Raises MultipartBroken for what is no form."""
        with self.body.view() as view:
            return Pieces(self.body, multipart.model_splice(view, content_type, model))

    async def __call__(self) -> AsyncIterator[bytes]:
        """What is sent, a piece at a time."""
        splice, at = self.splice, 0
        for piece in self.body.slices():
            if splice is None or at + len(piece) <= splice.start or at >= splice.end:
                yield piece
            else:
                if splice.start >= at:
                    yield piece[: splice.start - at] + splice.new
                yield piece[max(0, splice.end - at) :]
            at += len(piece)


type Content = bytes | Pieces
"""A request's body as it is sent: in memory, or from the file that it was spooled to."""


def length_of(content: Content) -> int:
    """Bytes of a body as it is sent."""
    return len(content) if isinstance(content, bytes) else content.length


async def aside[T](content: Content, work: Callable[[Content], T]) -> T:
    """What `work` makes of a body; in a thread for a large one, so that others are answered.

    They wait only while a single call of C, such as reading one JSON value, holds the interpreter.
    """
    if isinstance(content, bytes) and len(content) <= IN_MEMORY_BYTES:
        return work(content)
    return await asyncio.to_thread(work, content)
