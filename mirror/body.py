"""A request's body: in memory while it is small, in an unnamed temporary file beyond that."""

from __future__ import annotations

import asyncio
import mmap
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mirror import pools
from mirror.dialects import multipart
from mirror.dialects.multipart import Buffer, Splice
from mirror.room import Room

IN_MEMORY_BYTES = 1 << 20
_PIECE = 1 << 18
_LONGEST_SPLICE = 1 << 16

ROOM = Room(128 << 20)
"""For long bodies that are being read or translated, some five times as much memory in all."""


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

    def content(self) -> bytes | Pieces:
        """The body as it is sent: in memory if it is small, or from its file."""
        return self.whole() if self.length <= IN_MEMORY_BYTES else Pieces(self)

    @contextmanager
    def view(self) -> Iterator[Buffer]:
        """All of it, to be looked at while in the block, without a copy of what is in the file."""
        if self.length <= IN_MEMORY_BYTES:
            yield self.whole()
            return
        self._file.flush()
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as found:
            yield found

    def slices(self, size: int = 0) -> Iterator[bytes]:
        """All of it, from the start, so many bytes at a time. Two readers do not disturb each other."""
        size = size or _PIECE
        if self.length <= IN_MEMORY_BYTES:
            content = self.whole()
            yield from (content[at : at + size] for at in range(0, len(content), size))
            return
        self._file.flush()
        handle, at = os.dup(self._file.fileno()), 0  # a late reader's, when the body is closed
        try:
            while piece := os.pread(handle, size, at):
                yield piece
                at += len(piece)
        finally:
            os.close(handle)

    def close(self) -> None:
        """Frees memory and file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Pieces:
    """A body too long for memory, as it is sent: with one place of it replaced or none.

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

    def changed(self, old: bytes, new: bytes) -> Pieces:
        """The same as `new`, which was made of `old`, all of this body: one change, or another file.

        Another file is a body of its own, to be closed by `close_other`.
        """
        start = _alike(old, new)
        tail = _alike_at_the_end(old, new, min(len(old), len(new)) - start)
        if len(new) - tail - start <= _LONGEST_SPLICE:
            return Pieces(
                self.body, Splice(start, len(old) - tail, new[start : len(new) - tail])
            )
        other = Body()
        other.add(new)
        return Pieces(other)

    async def __call__(self) -> AsyncIterator[bytes]:
        """What is sent, a piece at a time."""
        splice, at = self.splice, 0
        for piece in self.body.slices():
            end = at + len(piece)
            if splice is None or end <= splice.start or at >= splice.end != splice.start:
                yield piece
            elif at > splice.start:  # told already; the rest of what it replaces
                yield piece[max(0, splice.end - at) :]
            else:
                yield piece[: splice.start - at] + splice.new + piece[splice.end - at :]
            at = end
        if splice is not None and splice.start == at:
            yield splice.new


type Content = bytes | Pieces
"""A request's body as it is sent: in memory, or from the file that it was spooled to."""


def length_of(content: Content) -> int:
    """Bytes of a body as it is sent."""
    return len(content) if isinstance(content, bytes) else content.length


def close_other(content: Content, original: Content) -> None:
    """Frees the file of a body that was made of another one."""
    if not isinstance(content, Pieces):
        return
    if not isinstance(original, Pieces) or content.body is not original.body:
        content.body.close()


async def aside[T](content: Content, work: Callable[[Content], T]) -> T:
    """What `work` makes of a body; in a thread for a large one, so that others are answered.

    They wait only while a single call of C, such as reading one JSON value, holds the interpreter.
    """
    if isinstance(content, bytes) and len(content) <= IN_MEMORY_BYTES:
        return work(content)
    return await in_room(length_of(content), lambda: work(content))


async def in_room[T](size: int, work: Callable[[], T], within_s: float | None = None) -> T:
    """What work on a long body gives, in a thread, once there is room for `size` bytes.

    Raises Crowded where there is none in time. The room is left when the thread is done with it.
    """
    await ROOM.enter(size, within_s)
    try:
        begun = pools.BODIES.submit(work)
    except BaseException:
        ROOM.leave(size)
        raise
    begun.add_done_callback(lambda _: ROOM.leave(size))
    return await asyncio.wrap_future(begun)


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes two texts begin with alike."""
    most, at = min(len(one), len(other)), 0
    while at < most and one[at : at + _PIECE] == other[at : at + _PIECE]:
        at += _PIECE
    return min(most, at + _first_other(one[at : at + _PIECE], other[at : at + _PIECE]))


def _alike_at_the_end(one: bytes, other: bytes, most: int) -> int:
    """How many of the last `most` bytes are alike."""
    size, of, to = 0, len(one), len(other)
    while size < most:
        step = min(_PIECE, most - size)
        a, b = one[of - size - step : of - size], other[to - size - step : to - size]
        if a != b:
            return size + _first_other(a[::-1], b[::-1])
        size += step
    return size


def _first_other(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
