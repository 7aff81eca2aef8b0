"""The direct listener's connections: uvicorn's HTTP/1.1 behind `Wire`, with a clock for the head."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from mirror.proxy import wire
from mirror.proxy.asgi import Refusal
from mirror.proxy.doors import Rules
from mirror.proxy.wire import Wire

# A connection that is closed with unread bytes is reset, and its last answer may be lost.
LINGER_S = 1.0


def protocol(rules: Rules) -> type[H11Protocol]:
    """uvicorn's protocol class for a listener with these rules."""
    return type("Checked", (_Checked,), {"rules": rules})


class _Checked(H11Protocol):
    """One connection. Nothing reaches the parser before `Wire` has let it through."""

    rules: Rules
    _wire: Wire
    _peer: str | None = None
    _answered: int = 0
    _behind: Refusal | None = None  # what to say once the requests before are answered
    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a connection in, or turns it away."""
        super().connection_made(transport)
        self._wire = Wire(self.rules.limits)
        peer = str(self.client[0]) if self.client else ""
        if not self.rules.doors.enter(peer):
            self._say(wire.TOO_MANY_CONNECTIONS)
            return
        self._peer = peer
        self._watch_the_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets go of everything."""
        self._stop_the_clock()
        if self._peer is not None:
            self.rules.doors.leave(self._peer)
            self._peer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Checks, and hands on what passed."""
        passed = self._wire.feed(data)
        if passed.data:
            super().data_received(passed.data)
        if passed.refusal is not None:
            self._refuse(passed.refusal)
        else:
            self._watch_the_clock()

    def on_response_complete(self) -> None:
        """An answer is out."""
        super().on_response_complete()
        self._answered += 1
        if self._behind is not None and self._answered == self._wire.heads:
            self._say(self._behind)

    def _refuse(self, refusal: Refusal) -> None:
        """Says no as soon as it can be understood as the answer to what is refused."""
        self._stop_the_clock()
        owed = self._wire.heads - self._answered
        if not owed:
            self._say(refusal)
        elif self._wire.in_head:
            self._behind = refusal
        elif owed == 1 and self.cycle is not None and not self.cycle.response_started:
            self.cycle.disconnected = True  # the relay learns that the rest will not come
            self.cycle.message_event.set()
            self._say(refusal)
        else:
            self.transport.close()

    def _say(self, refusal: Refusal) -> None:
        self.rules.refused(refusal.code)
        self._behind = None
        self._wire.close()
        if not self.transport.is_closing():
            self.transport.write(wire.response(refusal))
            self.loop.call_later(LINGER_S, self.transport.close)

    def _watch_the_clock(self) -> None:
        """A head that has begun, or was to be the first, must be whole in time."""
        waits = self._wire.begun or not self._wire.heads
        if not waits:
            self._stop_the_clock()
        elif self._clock is None:
            self._clock = self.loop.call_later(self.rules.limits.head_s, self._too_slow)

    def _too_slow(self) -> None:
        """An answer to nothing could be taken for that to the request that comes next."""
        if self._wire.begun:
            self._refuse(wire.TOO_SLOW)
        else:
            self.transport.close()

    def _stop_the_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
