"""The front: mitmproxy takes the clients' connections and hands every request to the relay.

A mitmproxy `Master` with the few addons that a reverse proxy needs. It can reach the relay and
nothing else: a fault in a hook gives the client an error, never a request to a wrong place.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mitmproxy import http, options
from mitmproxy.addons import core, disable_h2c, next_layer, proxyserver
from mitmproxy.master import Master
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from mirror.proxy.listener import Address, Patience, bind
from mirror.proxy.peer import HEADER, Signer

# An idle limit that also hits a request whose model is still thinking.
IDLE_S = 7200
HANG_UP_S = 1.0
FLUSH_S = 0.1  # for the last bytes, between the relay's end and the client's


class FrontFailed(RuntimeError):
    """The front could not start."""


class ToRelay:
    """Streams both ways, and tells the relay who the client is."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._under_way: set[str] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Waits until no request is under way and the last one's bytes have gone."""
        if not self._idle.is_set():
            await self._idle.wait()
            await asyncio.sleep(FLUSH_S)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Before the body: nothing is buffered, and only our own word on the peer goes on."""
        self._under_way.add(flow.id)
        self._idle.clear()
        flow.request.stream = True
        peer = flow.client_conn.peername
        flow.request.headers[HEADER] = self._signer.sign(peer[0] if peer else "")

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Before the answer's body: nothing is buffered."""
        assert flow.response is not None
        flow.response.stream = True

    def response(self, flow: http.HTTPFlow) -> None:
        """After the answer's last byte has arrived from the relay."""
        self._ended(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """After a request that broke, on either side."""
        self._ended(flow)

    def _ended(self, flow: http.HTTPFlow) -> None:
        self._under_way.discard(flow.id)
        if not self._under_way:
            self._idle.set()


class OnlyRelay:
    """Refuses every connection that is not to the relay."""

    def __init__(self, relay: Address) -> None:
        self._relay = relay

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Before a connection is opened."""
        address = data.server.address
        if address is None or address[:2] != self._relay:
            data.server.error = "the front connects to its relay only"


@asynccontextmanager
async def front(
    address: Address, relay: Address, signer: Signer, patience: Patience
) -> AsyncIterator[Address]:
    """Listens at an address and hands requests to the relay; gives the address with its real port.

    On leaving, nothing new is taken and requests under way may end while there is patience.
    Raises PortInUse, or FrontFailed with mitmproxy's reason.
    """
    bound = bind(address)  # mitmproxy's own message about a used port names no remedy
    host, port = bound.getsockname()[:2]
    bound.close()
    to_relay = ToRelay(signer)
    master, server = _master(host, port, relay, to_relay)
    try:
        if not await server.setup_servers():
            raise FrontFailed(f"{host}:{port}: {_why(server)}")
        await master.running()
        yield host, port
        await server.servers.update([])
        with contextlib.suppress(TimeoutError):  # the relay cuts what is left
            await asyncio.wait_for(to_relay.idle(), patience.left())
    finally:
        await server.servers.update([])
        await _hang_up(server)
        await master.done()


def _master(
    host: str, port: int, relay: Address, to_relay: ToRelay
) -> tuple[Master, proxyserver.Proxyserver]:
    """mitmproxy, not started. No TlsConfig: in clear text it would only leave a CA on disk."""
    master = Master(
        options.Options(
            mode=[f"reverse:http://{relay[0]}:{relay[1]}"],
            listen_host=host,
            listen_port=port,
            tcp_timeout=IDLE_S,
            rawtcp=False,
            websocket=False,
        )
    )
    server = proxyserver.Proxyserver()  # type: ignore[no-untyped-call]
    master.addons.add(  # type: ignore[no-untyped-call]
        core.Core(),
        disable_h2c.DisableH2C(),
        server,
        next_layer.NextLayer(),
        to_relay,
        OnlyRelay(relay),
    )
    master.options.update(connection_strategy="lazy")  # type: ignore[no-untyped-call]
    return master, server


async def _hang_up(server: proxyserver.Proxyserver) -> None:
    """Ends the clients' connections, as mitmproxy does with idle ones; its own shutdown leaves them."""
    for connection in tuple(server.connections.values()):
        client = connection.transports.get(connection.client)
        if client is not None and client.handler is not None:
            client.handler.cancel("the front ends")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HANG_UP_S):
            while server.connections:
                await asyncio.sleep(0.01)


def _why(server: proxyserver.Proxyserver) -> str:
    return "; ".join(str(each.last_exception) for each in server.servers)
