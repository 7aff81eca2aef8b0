"""Every use of what mitmproxy does not promise to keep: its layers, handlers and server instances.

Each shim mends one measured fault of mitmproxy's HTTP/2 side or of its servers, and has a test that
fails without it. The version is checked at import: an upgrade starts with `test_shims__traps.py`.
"""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import hyperframe.frame
import mitmproxy.version
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import Client, Connection, Server
from mitmproxy.http import MessageData
from mitmproxy.proxy import commands, events, layer, tunnel
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import ClientTLSLayer, HttpLayer, TCPLayer
from mitmproxy.proxy.layers.http import HTTPMode, HttpStream
from mitmproxy.proxy.layers.http._http2 import Http2Server
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler, ServerInstance
from mitmproxy.proxy.mode_specs import ProxyMode

from mirror.proxy.listener import BACKLOG

CHECKED = "12.2.3"
assert mitmproxy.version.VERSION == CHECKED, (
    f"mitmproxy {mitmproxy.version.VERSION} is installed, and the front was checked with {CHECKED}; "
    "install that one, or run tests/mirror/proxy/front with the new one and change this line"
)

CONNECTIONS = 200
"""To the relay, for one client: more than the streams HTTP/2 lets it open (mitmproxy's own is 5)."""
QUEUED_BYTES = 1 << 20
"""Of one HTTP/2 stream that its client does not read; then the relay is read no further."""


def check_no_types() -> None:
    """Spares every request and answer a look at its fields' types, which finds mistakes of scripts
    alone and costs a front of ours a thirtieth of a request.
    """
    MessageData.__post_init__ = lambda self: None  # type: ignore[method-assign]


class Draining(events.Event):
    """Tells a connection's layers to end it, where nothing is under way."""


class Http(HttpLayer):
    """HTTP in one client connection, without the connections that ended, and with a goodbye."""

    def __init__(self, context: Context, mode: HTTPMode) -> None:
        super().__init__(context, mode)
        self._ended: set[Connection] = set()

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, Draining):
            yield from self._say_goodbye(event)
            return
        yield from super()._handle_event(event)
        match event:
            case events.ConnectionClosed(connection=Server() as server):
                self._ended.add(server)
            case events.OpenConnectionCompleted(reply=str()):  # it would be refused for ever
                self._ended.add(event.command.connection)
        if self._ended:
            self._forget()

    def _forget(self) -> None:
        """mitmproxy keeps every connection for ever, and looks through all of them each time."""
        used = {stream.context.server for stream in self.streams.values()}
        for connection in self._ended - used:
            self.connections.pop(connection, None)
        self._ended &= used

    def _say_goodbye(self, event: Draining) -> layer.CommandGenerator[None]:
        """A GOAWAY frame (RFC 9113, section 6.8) where no stream is open; h1 has its own way.

        Not while one is: clients built on Python's h2, httpx among them, drop what is open.
        """
        if self.http2 is not None and not self.streams and not self.queued():
            last = self.http2.h2_conn.highest_inbound_stream_id
            frame = hyperframe.frame.GoAwayFrame(0, last_stream_id=last)
            yield commands.SendData(self.context.client, frame.serialize())
            yield commands.CloseConnection(self.context.client)
        for stream in tuple(self.streams.values()):
            if stream.child_layer is not None:  # a CONNECT, with a connection of its own inside
                yield from self.event_to_child(stream, event)

    @property
    def http2(self) -> Http2Server | None:
        """The client's side, where it speaks HTTP/2."""
        found = self.connections.get(self.context.client)
        return found if isinstance(found, Http2Server) else None

    def queued(self, server: Connection | None = None) -> int:
        """Bytes that wait for an HTTP/2 client's window: of one relay connection's stream, or all."""
        if self.http2 is None:
            return 0
        buffers = self.http2.h2_conn.stream_buffers
        streams = buffers if server is None else self._streams_of(server)
        return sum(len(part.data) for name in streams for part in buffers.get(name, ()))

    def _streams_of(self, server: Connection) -> Iterator[int]:
        return (
            name for name, stream in self.streams.items() if stream.context.server is server
        )


def clear(context: Context) -> layer.Layer:
    """HTTP/1 in clear text, whose requests all go to one place."""
    return Http(context, HTTPMode.transparent)


def proxy(context: Context) -> layer.Layer:
    """HTTP/1 in clear text from a client that takes us for its proxy."""
    return Http(context, HTTPMode.regular)


def secured(context: Context) -> layer.Layer:
    """TLS, with HTTP inside as its handshake agrees. Other bytes than TLS end the connection."""
    stack = tunnel.LayerStack()
    stack /= ClientTLSLayer(context)
    stack /= Http(context, HTTPMode.transparent)
    return stack[0]


def untouched(context: Context) -> layer.Layer:
    """Bytes, both ways, that nobody here looks at."""
    return TCPLayer(context, ignore=True)


def inside_connect(context: Context) -> bool:
    """Whether a connection's next layer is inside a CONNECT that was answered with 200."""
    return len(context.layers) > 1 and isinstance(context.layers[-1], HttpStream)


async def serve(mode: str, manager: Proxyserver, listener: socket.socket) -> asyncio.Server:
    """Hands a bound socket's connections to mitmproxy, which would bind one of its own.

    So a used port is told in our words, and workers may share a port (SO_REUSEPORT).
    """
    instance: ServerInstance[ProxyMode] = ServerInstance.make(mode, manager)
    return await asyncio.start_server(
        instance.handle_stream,
        sock=listener,
        backlog=BACKLOG,
    )


@dataclass(slots=True)
class Handlers:
    """An addon over the handlers of all client connections."""

    server: Proxyserver
    _moved: defaultdict[str, asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )

    def client_connected(self, client: Client) -> None:
        """Before the first byte: lifts a limit, and makes HTTP/2 clients that do not read wait."""
        handler = self.server.connections[client.id]
        handler.max_conns = defaultdict(lambda: asyncio.Semaphore(CONNECTIONS))
        written = handler.drain_writers

        async def drain_writers() -> None:
            await written()  # type: ignore[no-untyped-call]
            await self._while_queued(handler)

        handler.drain_writers = drain_writers  # type: ignore[method-assign]

    def client_disconnected(self, client: Client) -> None:
        """After the last byte."""
        self._moved.pop(client.id, None)

    async def _while_queued(self, handler: ProxyConnectionHandler) -> None:
        """Called by whoever has read, after each read: by the client's reader, or a relay's.

        A relay's reader waits while its own stream's queue is long; the client's reader wakes it,
        because only what the client says opens a window.
        """
        task, client = asyncio.current_task(), handler.transports.get(handler.client)
        if handler.client.alpn != b"h2":
            return
        if client is not None and client.handler is task:
            self._moved.pop(handler.client.id, asyncio.Event()).set()
            return
        reader = next((c for c, io in handler.transports.items() if io.handler is task), None)
        while reader is not None and self._queued(handler, reader) > QUEUED_BYTES:
            await self._moved[handler.client.id].wait()

    def _queued(self, handler: ProxyConnectionHandler, server: Connection | None = None) -> int:
        return sum(http.queued(server) for http in _https(handler))

    def unsent(self) -> bool:
        """Whether any client has yet to take bytes of its answers."""
        return any(
            self._queued(handler) or _writing(handler)
            for handler in self.server.connections.values()
        )

    async def say_goodbye(self) -> None:
        """Ends HTTP/2 connections that are idle, with a word that says to come back elsewhere."""
        for handler in tuple(self.server.connections.values()):
            if handler.client.alpn == b"h2":
                await handler.server_event(Draining())


def _https(handler: ProxyConnectionHandler) -> Iterator[Http]:
    """The HTTP layers of a connection, the one inside a CONNECT too."""
    found = [each for each in handler.layer.context.layers if isinstance(each, Http)]
    for http in found:
        yield http
        for stream in http.streams.values():
            yield from (
                each
                for each in stream.context.layers
                if isinstance(each, Http) and each is not http
            )


def _writing(handler: ProxyConnectionHandler) -> bool:
    client = handler.transports.get(handler.client)
    if client is None or not isinstance(client.writer, asyncio.StreamWriter):
        return False
    return client.writer.transport.get_write_buffer_size() > 0
