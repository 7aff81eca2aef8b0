"""The front's connections: mitmproxy's HTTP/1.1 behind `Wire`, in clear text, TLS and behind CONNECT.

mitmproxy hands on a NUL, a bare CR and folded lines, and hangs on trailers. `CheckWire` is an addon
that puts a layer around each of its HTTP layers; what the layer refuses, no parser of mitmproxy sees.
HTTP/2 has frames instead of lines, so its bytes are left to mitmproxy, and the relay checks what
came of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from mitmproxy import connection, http
from mitmproxy.proxy import commands, events, layer, layers, tunnel
from mitmproxy.proxy.layers.http import HTTPMode
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook, HttpResponseHook

from mirror.proxy import wire
from mirror.proxy.asgi import Refusal
from mirror.proxy.doors import Rules
from mirror.proxy.front.hooks import HOOKS, AtOnce, Hook, joined
from mirror.proxy.wire import LINGER_S, Wire

type _Commands = layer.CommandGenerator[None]


@dataclass(slots=True)
class CheckWire:
    """An addon, to stand behind NextLayer. `hang_up` ends a client's connection, `at_once` calls
    the hooks of exchanges.

    A connection, and what is inside a CONNECT, has so long to come as far as HTTP/1.1, which has its
    own clock, as HTTP/2's first request, or as a tunnel's first byte.
    """

    rules: Rules
    hang_up: Callable[[connection.Client], None] = lambda client: None
    at_once: AtOnce = field(default_factory=AtOnce)
    _inside: dict[str, str] = field(default_factory=dict)
    _silent: dict[str, asyncio.TimerHandle] = field(default_factory=dict)

    def client_connected(self, client: connection.Client) -> None:
        """Takes a connection in, or turns it away."""
        peer = str(client.peername[0]) if client.peername else ""
        if not self.rules.doors.enter(peer):
            self.rules.refused(wire.TOO_MANY_CONNECTIONS.code)
            client.error = "too many connections from this address"
            return
        self._inside[client.id] = peer
        self._wait_for(client)

    def http_connected(self, flow: http.HTTPFlow) -> None:
        """A CONNECT is answered with 200: what comes inside has its own time."""
        self._wait_for(flow.client_conn)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """A request's head is whole."""
        self._speaks(flow.client_conn)

    def client_disconnected(self, client: connection.Client) -> None:
        """Lets go of a connection."""
        self._speaks(client)
        peer = self._inside.pop(client.id, None)
        if peer is not None:
            self.rules.doors.leave(peer)

    def next_layer(self, chosen: layer.NextLayer) -> None:
        """Puts `_Checked` around the HTTP layer that was chosen, wherever in the new layers it is."""
        top = chosen.layer
        if isinstance(top, layers.TCPLayer):  # a tunnel, whose first bytes have come
            self._speaks(chosen.context.client)
        if isinstance(top, layers.HttpLayer):
            chosen.layer = self._checked(top)
        while isinstance(top, tunnel.TunnelLayer):
            if isinstance(top.child_layer, layers.HttpLayer):
                top.child_layer = self._checked(top.child_layer)
            top = top.child_layer

    def _checked(self, inner: layers.HttpLayer) -> _Checked:
        started = partial(self._started, inner.context.client)
        return _Checked(inner, self.rules, self.at_once, started)

    def _started(self, client: connection.Client) -> None:
        if client.alpn not in (b"h2", b"h3"):
            self._speaks(client)

    def _wait_for(self, client: connection.Client) -> None:
        self._speaks(client)
        loop = asyncio.get_running_loop()
        self._silent[client.id] = loop.call_later(
            self.rules.limits.head_s, self._too_slow, client
        )

    def _speaks(self, client: connection.Client) -> None:
        timer = self._silent.pop(client.id, None)
        if timer is not None:
            timer.cancel()

    def _too_slow(self, client: connection.Client) -> None:
        self._silent.pop(client.id, None)
        self.hang_up(client)


class _Checked(layer.Layer):
    """An HTTP layer whose client's bytes come through a `Wire`."""

    def __init__(
        self,
        inner: layers.HttpLayer,
        rules: Rules,
        at_once: AtOnce,
        started: Callable[[], None],
    ) -> None:
        super().__init__(inner.context)
        # Which layer comes next is told by the list of those before; this one is not to be seen there.
        self.context.layers.remove(self)
        self._inner = inner
        self._rules = rules
        self._at_once = at_once
        self._started = started
        explicit = inner.mode in (HTTPMode.regular, HTTPMode.upstream)
        self._wire = Wire(rules.limits, connects=explicit)
        self._answered = 0
        self._begun = False  # whether the answer that is owed next has begun
        self._behind: Refusal | None = None
        self._since: float | None = None  # when the head that is waited for began
        self._clock: commands.RequestWakeup | None = None
        self._last_words: commands.RequestWakeup | None = None

    def handle_event(self, event: events.Event) -> _Commands:
        """What came of an event, in as few writes as it may be."""
        yield from joined(self._handled(event))

    _handle_event = handle_event

    def _handled(self, event: events.Event) -> _Commands:
        """Checks what comes from the client; everything else is the inner layer's."""
        if isinstance(event, events.Start):
            self._started()
            yield from self._inner.handle_event(event)
            yield from self._watch_the_clock()
        elif isinstance(event, events.Wakeup) and event.command is self._clock:
            self._clock = None
            yield from self._look_at_the_clock()
        elif isinstance(event, events.Wakeup) and event.command is self._last_words:
            yield commands.CloseConnection(self.context.client)
        elif isinstance(event, events.DataReceived) and self._from_client(event):
            yield from self._received(event)
        else:
            yield from self._follow(event)
            yield from self._after(event)

    def _from_client(self, event: events.DataReceived) -> bool:
        client = self.context.client
        return event.connection is client and client.alpn not in (b"h2", b"h3")

    def _received(self, event: events.DataReceived) -> _Commands:
        passed = self._wire.feed(event.data)
        if passed.data:
            yield from self._follow(events.DataReceived(event.connection, passed.data))
        if passed.refusal is not None:
            yield from self._refuse(passed.refusal)
        else:
            yield from self._watch_the_clock()

    def _follow(self, event: events.Event) -> _Commands:
        """Lets the inner layer work, and notes whether it answers its client."""
        raised: list[Hook] = []
        for command in self._inner.handle_event(event):
            if isinstance(command, HOOKS):
                raised.append(command)  # for when the layer has come to rest
                continue
            if isinstance(command, commands.SendData) and self._is_client(command.connection):
                if self._last_words is not None:
                    continue  # nothing may follow them
                self._begun = True
            yield command
        for hook in raised:
            self._at_once.call(hook)
            done = events.HookCompleted(hook)
            yield from self._follow(done)
            yield from self._after(done)

    def _after(self, event: events.Event) -> _Commands:
        """Counts answers: the last bytes of one go out when the hook behind it is done."""
        if isinstance(event, events.HookCompleted) and isinstance(
            event.command, HttpResponseHook | HttpErrorHook
        ):
            self._answered += 1
            self._begun = False
            if self._behind is not None and self._answered >= self._wire.whole:
                yield from self._say(self._behind)

    def _is_client(self, other: connection.Connection) -> bool:
        return other is self.context.client

    def _refuse(self, refusal: Refusal) -> _Commands:
        """Says no as soon as it can be understood as the answer to what is refused."""
        if self._answered < self._wire.whole:
            self._behind = refusal
        elif self._begun:
            yield commands.CloseConnection(self.context.client)
        else:
            yield from self._say(refusal)

    def _say(self, refusal: Refusal) -> _Commands:
        """The last words on this connection."""
        self._rules.refused(refusal.code)
        self._behind = None
        self._wire.close()
        client = self.context.client
        if client.state & connection.ConnectionState.CAN_WRITE:
            yield commands.SendData(client, wire.response(refusal))
        self._last_words = commands.RequestWakeup(LINGER_S)
        yield self._last_words

    def _waits(self) -> bool:
        """Whether a head has begun, or is to be the first. HTTP/2 tells by its frames."""
        if self.context.client.alpn in (b"h2", b"h3"):
            return False
        return self._wire.begun or not self._wire.heads

    def _watch_the_clock(self) -> _Commands:
        if not self._waits():
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
            if self._clock is None:  # one that is running is looked at when it rings
                yield from self._wake_after(self._rules.limits.head_s)

    def _look_at_the_clock(self) -> _Commands:
        if self._since is None or self._last_words is not None:
            return
        left = self._since + self._rules.limits.head_s - time.monotonic()
        if left > 0:
            yield from self._wake_after(left)
        elif self._wire.begun:
            yield from self._refuse(wire.TOO_SLOW)
        else:  # an answer to nothing could be taken for that to the request that comes next
            yield commands.CloseConnection(self.context.client)

    def _wake_after(self, seconds: float) -> _Commands:
        self._clock = commands.RequestWakeup(seconds)
        yield self._clock
