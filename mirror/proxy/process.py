"""The proxy process: front, relay and spool in one event loop, from its start to a clean end."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from mirror.egress import Egress
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.spool import Spool
from mirror.proxy.call import Call
from mirror.proxy.doors import Doors, Rules
from mirror.proxy.engine import Engine
from mirror.proxy.front.master import Entrance, front
from mirror.proxy.listener import Address, Listening, Patience, PortInUse, listening
from mirror.proxy.metrics import Labels, Metrics
from mirror.proxy.peer import Signer
from mirror.proxy.record import Recorder, Recording
from mirror.proxy.relay import Relay
from mirror.publish import Watcher
from policies.policy import Policy

__all__ = ["PortInUse", "Proxy", "serve"]

DRAIN_S = 30.0

type Page = tuple[int, bytes, bytes]
type Ready = Callable[[Address, Address | None], None]


@dataclass(slots=True)
class Pages:
    """What operators ask a proxy: is it alive, may it get traffic, and its counters."""

    metrics: Metrics
    watcher: Watcher
    engine: Engine
    draining: bool = False

    def page(self, call: Call, trusted: bool) -> Page | None:
        """The page at a path, or None. Counters name tenants, so they are for trusted peers."""
        match call.path:
            case "/healthz":
                return _json(200, status="ok")
            case "/readyz" if self.draining:
                return _json(503, status="draining")
            case "/readyz":
                return _json(200, status="ready", table=self.watcher.table.version)
            case "/metrics" if trusted:
                text = self.metrics.text(self._gauges())
                return 200, b"text/plain; version=0.0.4", text.encode()
            case _:
                return None

    def _gauges(self) -> list[tuple[str, Labels, float]]:
        opened = [
            (
                "crossfade_breaker_open",
                (("tenant", tenant), ("route", route), ("upstream", upstream)),
                1.0,
            )
            for tenant, route, upstream in self.engine.breakers.opened()
        ]
        return [
            *opened,
            ("crossfade_table_version", (), float(self.watcher.current().version)),
            ("crossfade_table_fault", (), float(bool(self.watcher.fault))),
        ]


@dataclass(slots=True)
class Proxy:
    """Everything of one proxy process, listening while its context is entered.

    `direct` also listens without the front. `listening` and `direct_at` are the real addresses.
    """

    policy: Policy
    recorder: Recorder
    watcher: Watcher
    listen: Address
    direct: Address | None = None
    drain_s: float = DRAIN_S
    metrics: Metrics = field(default_factory=Metrics)
    listening: Address = ("", 0)
    direct_at: Address | None = None
    pages: Pages = field(init=False)
    relay: Relay = field(init=False)
    egress: Egress = field(init=False)
    _direct: Listening | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.egress = Egress(self.policy)
        engine = Engine(self.egress)
        self.pages = Pages(self.metrics, self.watcher, engine)
        self.relay = Relay(
            self.policy,
            engine,
            Recording(self.recorder, self.metrics),
            self.watcher.current,
            self.metrics,
            self.pages.page,
        )

    async def __aenter__(self) -> Proxy:
        signer, patience = Signer(), Patience(self.drain_s)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.egress)
            inner = listening(self.relay.app(signer), ("127.0.0.1", 0), patience)
            behind = await stack.enter_async_context(inner)
            if self.direct is not None:
                outer = listening(self.relay.app(), self.direct, patience, self._rules())
                self._direct = await stack.enter_async_context(outer)
                self.direct_at = self._direct.address
            entrance = Entrance(self.listen, rules=self._rules())
            at_work = await stack.enter_async_context(
                front(entrance, behind.address, signer, patience, self.metrics)
            )
            self.listening = at_work.address
            self._stack = stack.pop_all()
        return self

    def _rules(self) -> Rules:
        """What every connection of a listener must keep to."""
        limits = self.policy.limits
        doors = Doors(limits.connections_per_address, self.relay.identities.trusts)
        return Rules(limits, doors, self._refused)

    def _refused(self, code: str) -> None:
        self.metrics.count("crossfade_refused_total", reason=code)

    async def __aexit__(self, *_: object) -> None:
        self.pages.draining = True
        if self._direct is not None:
            self._direct.close()  # at once: the front's streams may take their time
        await self._stack.aclose()


def serve(
    policy: Policy,
    home: Home,
    *,
    listen: Address,
    direct: Address | None = None,
    ready: Ready | None = None,
) -> None:
    """Answers clients until SIGTERM or SIGINT, then lets streams end for up to 30 seconds.

    `ready` is called with the real addresses once clients can connect.
    Raises PortInUse, HomeError, CredentialMissing, each with what to do about it.
    """
    spool = Spool.open(home, Sealer.open(home), "proxy")
    try:
        proxy = Proxy(policy, spool, Watcher(home.routes_file), listen, direct)
        asyncio.run(_until_told(proxy, ready))
    finally:
        spool.close()


async def _until_told(proxy: Proxy, ready: Ready | None) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with proxy:
        if ready is not None:
            ready(proxy.listening, proxy.direct_at)
        await told.wait()


def _json(code: int, **content: object) -> Page:
    return code, b"application/json", json.dumps(content).encode()
