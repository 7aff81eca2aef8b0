"""The front at work: mitmproxy with our own addons, from its first connection to its last.

A `Master` with the few addons that a proxy needs. It can reach the relay and nothing else: a fault
in a hook gives the client an error, never a request to a wrong place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mitmproxy import options
from mitmproxy.addons import core, proxyserver
from mitmproxy.connection import Client
from mitmproxy.master import Master

from mirror import logs
from mirror.proxy.front import shims
from mirror.proxy.front.addons import OnlyRelay, ToRelay, Ways
from mirror.proxy.front.entrance import Entrance
from mirror.proxy.front.hooks import AtOnce
from mirror.proxy.front.wire import CheckWire
from mirror.proxy.listener import Address, Patience, bind, stop
from mirror.proxy.metrics import Labels, Metrics
from mirror.proxy.peer import Signer

# An idle limit that also hits a request whose model is still thinking.
IDLE_S = 7200
HANG_UP_S = 1.0
DRAIN_LOOK_S = 0.02
LOOK_S = 1.0  # between two looks at certificate files
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Front:
    """A front at work, with the real ports of its listeners."""

    entrance: Entrance
    metrics: Metrics
    to_relay: ToRelay
    address: Address = ("", 0)
    proxy: Address | None = None
    _ways: Ways = field(init=False)
    _server: proxyserver.Proxyserver = field(init=False)
    _master: Master = field(init=False)
    _handlers: shims.Handlers = field(init=False)

    def __post_init__(self) -> None:
        given = self.entrance
        self._ways = Ways(given.hosts_now, self.metrics, given.tls, given.inner)
        self._server = proxyserver.Proxyserver()  # type: ignore[no-untyped-call]
        self._handlers = shims.Handlers(self._server)
        self._master = _master()
        checks = CheckWire(given.rules, self._cut_off)
        addons = (
            core.Core(),
            self._server,
            self._handlers,
            self._ways,
            checks,
            self.to_relay,
            OnlyRelay(self.to_relay.relay, given.hosts_now, self._ways.tunnels),
        )
        checks.at_once = AtOnce(addons)
        self._master.addons.add(*addons)  # type: ignore[no-untyped-call]
        self._master.options.update(connection_strategy="lazy")  # type: ignore[no-untyped-call]

    @asynccontextmanager
    async def at_work(self, patience: Patience) -> AsyncIterator[None]:
        """Listens. On leaving, nothing new is taken; what is under way may end while there is patience."""
        listeners: list[asyncio.Server] = []
        looking = asyncio.ensure_future(self._look_after_certificates())
        try:
            await self._listen(listeners)
            await self._master.running()
            yield
            _close(listeners)
            with contextlib.suppress(TimeoutError):  # the relay cuts what is left
                await asyncio.wait_for(self._drain(), patience.left())
        finally:
            looking.cancel()
            _close(listeners)
            await self._hang_up()
            await self._master.done()

    async def _listen(self, listeners: list[asyncio.Server]) -> None:
        given, relay = self.entrance, self.to_relay.relay
        mode = f"reverse:http://{relay[0]}:{relay[1]}"
        bound = bind(given.address, shared=given.shared)
        listeners.append(await shims.serve(mode, self._server, bound))
        self.address = bound.getsockname()[:2]
        if given.proxy is not None:
            bound = bind(given.proxy, shared=given.shared)
            listeners.append(await shims.serve("regular", self._server, bound))
            self.proxy = bound.getsockname()[:2]

    async def _drain(self) -> None:
        """Waits for every answer's last byte to be taken, and tells clients to come back elsewhere."""
        self.to_relay.draining = True
        while self.to_relay.under_way or self._handlers.unsent():
            await self._handlers.say_goodbye()
            await asyncio.sleep(DRAIN_LOOK_S)
        await self._handlers.say_goodbye()

    async def _hang_up(self) -> None:
        """Ends the clients' connections, as mitmproxy does with idle ones; its own shutdown leaves them."""
        for handler in tuple(self._server.connections.values()):
            client = handler.transports.get(handler.client)
            if client is not None and client.handler is not None:
                client.handler.cancel("the front ends")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANG_UP_S):
                while self._server.connections:
                    await asyncio.sleep(0.01)

    def _cut_off(self, client: Client) -> None:
        handler = self._server.connections.get(client.id)
        io = handler.transports.get(client) if handler is not None else None
        if io is not None and io.handler is not None:
            io.handler.cancel("the client says nothing")

    def end_tunnels(self) -> None:
        """Cuts every tunnel, and those just being opened, where there may be none any more."""
        if self.entrance.hosts_now().tunnel:
            return
        for client in tuple(self._ways.tunnels):
            handler = self._server.connections.get(client)
            for io in tuple(handler.transports.values()) if handler is not None else ():
                if io.handler is not None:
                    io.handler.cancel("tunnels are forbidden now")

    async def _look_after_certificates(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Reads certificates whose files have changed."""
        for _, kept in self.entrance.kept:
            try:
                kept.look(time.time())
            except Exception:  # the last good ones stay, whatever is wrong
                _log.exception("the certificates could not be looked at")

    def gauges(self) -> Iterator[tuple[str, Labels, float]]:
        """What operators should know of the certificates in use."""
        for listener, kept in self.entrance.kept:
            labels = (("listener", listener),)
            yield "crossfade_certificate_fault", labels, float(bool(kept.fault))
            yield "crossfade_certificate_expires_seconds", labels, kept.value.expires_s


@asynccontextmanager
async def front(
    entrance: Entrance, relay: Address, signer: Signer, patience: Patience, metrics: Metrics
) -> AsyncIterator[Front]:
    """Listens at the entrance's addresses and hands requests to the relay.

    On leaving, nothing new is taken and requests under way may end while there is patience.
    Raises PortInUse.
    """
    made = Front(entrance, metrics, ToRelay(relay, signer))
    async with made.at_work(patience):
        yield made


def _master() -> Master:
    """mitmproxy, not started. Its own TlsConfig, which leaves a CA on disk, is not used."""
    _hush()
    shims.check_no_types()
    return Master(
        options.Options(server=False, tcp_timeout=IDLE_S, rawtcp=False, websocket=False)
    )


def _hush() -> None:
    """mitmproxy's log lines quote what clients send: only that something failed is told."""
    theirs = logging.getLogger("mitmproxy")
    theirs.setLevel(logging.ERROR)
    theirs.propagate = False
    if not any(isinstance(handler, Discreet) for handler in theirs.handlers):
        theirs.addHandler(Discreet())


class Discreet(logging.Handler):
    """Tells the kind and place of mitmproxy's errors on our own log, and none of their words."""

    def __init__(self) -> None:
        super().__init__()
        self._times: Counter[tuple[str, int]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Takes one record."""
        place = (record.module, record.lineno)
        self._times[place] += 1
        times = self._times[place]
        if logs.is_told(times):
            kind = record.exc_info[0] if record.exc_info else None
            what = kind.__name__ if kind else "an error"
            _log.error("mitmproxy: %s in %s, line %d (%d times)", what, *place, times)


def _close(listeners: list[asyncio.Server]) -> None:
    for listener in listeners:
        stop(listener)
