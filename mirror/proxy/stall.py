"""Notices clients that take nothing of what they are sent, or left while they were not read.

Either would hold an upstream's place for nobody.
"""

from __future__ import annotations

import asyncio
import fcntl
import select
import struct
import termios
from collections.abc import Callable

_ENDED = getattr(select, "POLLRDHUP", 0)  # Linux tells it; elsewhere the next write does
LOOKS = 6
"""In the time that a client has; it may stall for so much longer, at most, as is between two."""


class Stall:
    """Watches a transport from when it is full until it has room again, and aborts it where its
    client took no byte for `most_s` seconds. One that reads slowly, but reads, is left alone.

    `left` tells how many bytes of a transport's its client has not taken.
    """

    def __init__(self, most_s: float, left: Callable[[asyncio.Transport], int]) -> None:
        self._most_s = most_s
        self._left = left
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, transport: asyncio.Transport) -> None:
        """The transport is full."""
        self.rest()
        self._look(transport, -1, 0)

    def rest(self) -> None:
        """It has room, or is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, transport: asyncio.Transport, before: int, stalled: int) -> None:
        left = self._left(transport)
        stalled = stalled + 1 if left == before else 0
        if stalled >= LOOKS:
            transport.abort()
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(
            self._most_s / LOOKS, self._look, transport, left, stalled
        )


def untaken(transport: asyncio.Transport) -> int:
    """Bytes that a client has not acknowledged: ours, and those that the kernel keeps for it.

    The kernel's count, for it asks for more only once a third of its own megabytes is gone.
    """
    ours = transport.get_write_buffer_size()
    kept = transport.get_extra_info("socket")
    try:
        told = fcntl.ioctl(kept.fileno(), termios.TIOCOUTQ, bytes(4))
    except (OSError, ValueError):  # the connection is ending
        return ours
    return ours + int(struct.unpack("i", told)[0])


def has_left(transport: asyncio.Transport) -> bool:
    """Whether a client has ended its side, told without reading what it sent before."""
    kept = transport.get_extra_info("socket")
    look = select.poll()
    look.register(kept.fileno(), _ENDED)
    return bool(look.poll(0))
