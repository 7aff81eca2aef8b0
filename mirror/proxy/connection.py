"""A client's connection: requests come in through `Wire`, and are answered one after another.

`Wire` alone says where a request begins and ends: no byte is read a second time, by another's rules.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from mirror.proxy import wire
from mirror.proxy.asgi import App, Refusal
from mirror.proxy.doors import Rules
from mirror.proxy.http1 import request_of
from mirror.proxy.stall import Stall, has_left, untaken
from mirror.proxy.turn import Turn, scope_of
from mirror.proxy.wire import LINGER_BYTES, LINGER_S, Part, Passed, Wire

# Longer than any idle client keeps a connection: closing first would break a request on its way.
KEEP_ALIVE_S = 7200
LOOK_S = 1.0  # between two looks at whether a client that is not read has left
HELD_BYTES = 1 << 16
"""Of bodies that nobody has taken; then the client is read no further."""
WAITING_BYTES = 1 << 20
"""The same of requests that wait: a client's end comes behind what it sent, and is to be seen."""
PIPELINED = 8
"""Requests that may wait for the answers to those before them; then the client is read no further."""


@dataclass(slots=True)
class Serving:
    """What the connections of one listener share, and those that are open."""

    app: App
    rules: Rules
    connections: set[Connection] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    draining: bool = False


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, serving: Serving) -> None:
        self.paused = False
        self._serving = serving
        self._loop = asyncio.get_running_loop()
        self._wire = Wire(serving.rules.limits)
        self._turns: deque[Turn] = deque()  # the first is being answered
        self._coming: Turn | None = None  # the one whose body is coming in, answered or not
        self._answered = 0
        self._client: tuple[str, int] | None = None
        self._peer: str | None = None  # counted at the doors
        self._behind: Refusal | None = None  # what to say once the requests before are answered
        self._clock: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        self._idle_since = self._loop.time()
        self._writable = asyncio.Event()
        self._stall = Stall(serving.rules.limits.write_s, untaken)
        self._reading = True
        self._closes = False
        self._unread: int | None = None  # bytes that may still come, once the last word is said

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a connection in, or turns it away."""
        self._transport = transport
        self._serving.connections.add(self)
        name = transport.get_extra_info("peername")
        self._client = (str(name[0]), int(name[1])) if name else None
        peer = self._client[0] if self._client else ""
        if not self._serving.rules.doors.enter(peer):
            self._say(wire.TOO_MANY_CONNECTIONS)
            return
        self._peer = peer
        self._watch_the_clock()
        self._idle = self._loop.call_later(KEEP_ALIVE_S, self._look_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets go of everything."""
        self._stop_the_clock()
        if self._idle is not None:
            self._idle.cancel()
        if self._peer is not None:
            self._serving.rules.doors.leave(self._peer)
            self._peer = None
        self._serving.connections.discard(self)
        for turn in self._turns:
            turn.leave()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Checks, and hands on what passed."""
        if self._unread is not None:
            self._read_on(len(data))
            return
        passed = self._wire.feed(data)
        self._take(passed)
        if passed.refusal is not None:
            self._refuse(passed.refusal)
        else:
            self._watch_the_clock()

    def _take(self, passed: Passed) -> None:
        idle = not self._turns
        for part, piece in passed.parts:
            match part:
                case Part.HEAD:
                    self._coming = Turn(self, request_of(piece))
                    self._turns.append(self._coming)
                case Part.CONTENT if self._coming is not None:
                    self._coming.take(piece)
                case Part.END if self._coming is not None:
                    self._coming.end()
        if idle and self._turns:
            self._begin()
        self._read_or_not()

    def _begin(self) -> None:
        """Lets the next request be answered."""
        turn = self._turns[0]
        scope = scope_of(turn.request, self._client)
        task = self._loop.create_task(turn.run(self._serving.app, scope))
        self._serving.tasks.add(task)
        task.add_done_callback(self._serving.tasks.discard)

    def _read_or_not(self) -> None:
        held = self._turns[0].held if self._turns else 0
        waiting = sum(turn.held for turn in self._turns) - held
        reads = (
            held <= HELD_BYTES and waiting <= WAITING_BYTES and len(self._turns) <= PIPELINED
        )
        if reads is not self._reading and not self._transport.is_closing():
            self._reading = reads
            (self._transport.resume_reading if reads else self._transport.pause_reading)()
            if not reads and self._look is None:
                self._look = self._loop.call_later(LOOK_S, self._look_if_left)

    def _look_if_left(self) -> None:
        """The end of a connection that is not read is seen by asking for it."""
        self._look = None
        if self._reading or self._transport.is_closing():
            return
        if has_left(self._transport):
            self.close()
        else:
            self._look = self._loop.call_later(LOOK_S, self._look_if_left)

    # What a turn asks for.

    @property
    def closes(self) -> bool:
        """Whether clients are told to come back elsewhere."""
        return self._serving.draining

    def write(self, data: bytes) -> None:
        """Writes bytes, now."""
        self._transport.write(data)

    def soon(self, flush: Callable[[], None]) -> None:
        """Calls back when everything that is ready now has been done."""
        self._loop.call_soon(flush)

    async def drained(self) -> None:
        """Waits while the client reads too slowly."""
        while self.paused:
            await self._writable.wait()

    def taken(self) -> None:
        """A body's bytes were taken."""
        if not self._reading:
            self._read_or_not()

    def answered(self, turn: Turn) -> None:
        """An answer is out: the next request's turn."""
        self._turns.popleft()
        self._answered += 1
        if self._behind is not None and self._answered == self._wire.whole:
            self._say(self._behind)
        elif self._closes:
            self.close()
        elif self._turns and not self._transport.is_closing():
            self._begin()
        self._idle_since = self._loop.time()
        self.taken()

    def close(self) -> None:
        """Ends the connection, behind what was written."""
        self._transport.close()

    def linger(self) -> None:
        """Ends the connection behind what was written, once the client has had time to read it."""
        self._wire.close()
        self._stop_the_clock()
        if self._unread is None:
            self._unread = LINGER_BYTES
            self._loop.call_later(LINGER_S, self.close)

    def _read_on(self, size: int) -> None:
        assert self._unread is not None
        self._unread -= size
        if self._unread < 0:
            self.close()

    def shut_down(self) -> None:
        """Ends the connection as soon as it is idle."""
        self._closes = True
        if not self._turns:
            self.close()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        self.paused = True
        self._writable.clear()
        self._stall.watch(self._transport)

    def resume_writing(self) -> None:
        """It has caught up, or is gone."""
        self.paused = False
        self._writable.set()
        self._stall.rest()

    # What is refused, and when.

    def _refuse(self, refusal: Refusal) -> None:
        """Says no as soon as it can be understood as the answer to what is refused."""
        self._stop_the_clock()
        if self._answered < self._wire.whole:
            self._behind = refusal
        elif not self._turns:
            self._say(refusal)
        elif not self._turns[0].started:
            self._turns[0].leave()  # the relay learns that the rest will not come
            self._say(refusal)
        else:
            self.close()

    def _say(self, refusal: Refusal) -> None:
        self._serving.rules.refused(refusal.code)
        self._behind = None
        if not self._transport.is_closing():
            self.write(wire.response(refusal))
        self.linger()

    def _watch_the_clock(self) -> None:
        """A head that has begun, or was to be the first, must be whole in time."""
        waits = self._wire.begun or not self._wire.heads
        if not waits:
            self._stop_the_clock()
        elif self._clock is None:
            head_s = self._serving.rules.limits.head_s
            self._clock = self._loop.call_later(head_s, self._too_slow)

    def _too_slow(self) -> None:
        """An answer to nothing could be taken for that to the request that comes next."""
        if self._wire.begun:
            self._refuse(wire.TOO_SLOW)
        else:
            self.close()

    def _stop_the_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _look_if_idle(self) -> None:
        left = KEEP_ALIVE_S - (self._loop.time() - self._idle_since)
        if self._turns or left > 0:
            self._idle = self._loop.call_later(max(left, 1.0), self._look_if_idle)
        else:
            self.close()
