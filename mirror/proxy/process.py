"""The proxy process: front, relay and spool in one event loop, from its start to a clean end."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from mirror.egress import Egress
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.spool import Spool
from mirror.proxy import asgi
from mirror.proxy.asgi import Receive, Scope, Send
from mirror.proxy.call import Call, call_of
from mirror.proxy.doors import Doors, Rules
from mirror.proxy.engine import Engine
from mirror.proxy.front.certificates import CertificateFault
from mirror.proxy.front.entrance import Entrance, entrance
from mirror.proxy.front.master import front
from mirror.proxy.front.tls import TlsFiles
from mirror.proxy.listener import Address, Listening, Patience, PortInUse, listening
from mirror.proxy.metrics import Labels, Metrics
from mirror.proxy.peer import Signer
from mirror.proxy.record import Recorder, Recording
from mirror.proxy.relay import App, Relay
from mirror.publish import Watcher
from policies.policy import Policy

__all__ = ["PortInUse", "Proxy", "serve"]

DRAIN_S = 30.0

type Page = tuple[int, bytes, bytes]
type Ready = Callable[[Proxy], None]
type Gauge = tuple[str, Labels, float]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a proxy process listens.

    `front` is for `base_url`, `direct` the same without the front, `intercept` for clients with
    HTTPS_PROXY where the policy intercepts. These may be `shared` with other workers, and the
    kernel deals connections out; breakers and limits are each worker's own. `admin` has the
    operators' pages of this one process alone.
    """

    front: Address
    direct: Address | None = None
    intercept: Address | None = None
    admin: Address | None = None
    shared: bool = False


@dataclass(slots=True)
class Pages:
    """What operators ask a proxy: is it alive, may it get traffic, and its counters."""

    metrics: Metrics
    watcher: Watcher
    engine: Engine
    certificates: Callable[[], Iterable[Gauge]] = tuple
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

    def app(self, trusts: Callable[[str], bool]) -> App:
        """These pages as an application of their own, for a listener that serves nobody else."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            call = call_of(scope, None, "", 0)
            page = self.page(call, trusts(call.peer))
            await asgi.whole(send, *(page or _json(404, error="no such page")))

        return application

    def _gauges(self) -> list[Gauge]:
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
            *self.certificates(),
            ("crossfade_table_version", (), float(self.watcher.current().version)),
            ("crossfade_table_fault", (), float(bool(self.watcher.fault))),
        ]


@dataclass(slots=True)
class Proxy:
    """Everything of one proxy process, listening while its context is entered.

    The policy's interception uses `own_ca` unless it names another. `at` are the real addresses.
    """

    policy: Policy
    recorder: Recorder
    watcher: Watcher
    places: Places
    own_ca: TlsFiles | None = None
    drain_s: float = DRAIN_S
    metrics: Metrics = field(default_factory=Metrics)
    at: Places = field(init=False)
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
        given = self._entrance()
        async with AsyncExitStack() as stack:
            admin = await self._admin(stack)
            await stack.enter_async_context(self.egress)
            inner = listening(self.relay.app(signer), ("127.0.0.1", 0), patience)
            behind = await stack.enter_async_context(inner)
            if (direct := self.places.direct) is not None:
                outer = listening(
                    self.relay.app(), direct, patience, self._rules(), shared=self.places.shared
                )
                self._direct = await stack.enter_async_context(outer)
                direct = self._direct.address
            at_work = await stack.enter_async_context(
                front(given, behind.address, signer, patience, self.metrics)
            )
            self.pages.certificates = at_work.gauges
            self.at = Places(at_work.address, direct, at_work.proxy, admin, self.places.shared)
            self._stack = stack.pop_all()
        return self

    def _rules(self) -> Rules:
        """What every connection of a listener must keep to."""
        limits = self.policy.limits
        doors = Doors(limits.connections_per_address, self.relay.identities.trusts)
        return Rules(limits, doors, self._refused)

    def _refused(self, code: str) -> None:
        self.metrics.count("crossfade_refused_total", reason=code)

    async def _admin(self, stack: AsyncExitStack) -> Address | None:
        """The first to listen and the last to close, for it tells that the others drain."""
        if self.places.admin is None:
            return None
        pages = self.pages.app(self.relay.identities.trusts)
        opened = await stack.enter_async_context(
            listening(pages, self.places.admin, Patience(0))
        )
        return opened.address

    def _entrance(self) -> Entrance:
        """The front's listeners, with their certificates read. Raises CertificateFault."""
        wanted, given = self.policy.listeners, self.places
        if given.direct is not None and wanted.client_ca is not None:
            raise CertificateFault(
                "the direct listener speaks clear text and would take clients without a "
                "certificate; leave out --direct, or `listeners.client_ca`"
            )
        asked = entrance(
            wanted, given.front, given.intercept, self.own_ca, time.time(), shared=given.shared
        )
        return replace(asked, rules=self._rules())

    async def __aexit__(self, *_: object) -> None:
        self.pages.draining = True
        if self._direct is not None:
            self._direct.close()  # at once: the front's streams may take their time
        await self._stack.aclose()


def serve(
    policy: Policy, home: Home, places: Places, ready: Ready | None = None, name: str = "proxy"
) -> None:
    """Answers clients until SIGTERM or SIGINT, then lets streams end for up to 30 seconds.

    `ready` is called with the proxy, which knows its real addresses, once clients can connect;
    `name` is this process's among several, and its spool's. Raises PortInUse, HomeError,
    CredentialMissing, CertificateFault, each with what to do about it.
    """
    spool = Spool.open(home, Sealer.open(home), name)
    try:
        own_ca = TlsFiles(*home.interception_ca)
        proxy = Proxy(policy, spool, Watcher(home.routes_file), places, own_ca)
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
            ready(proxy)
        await told.wait()


def _json(code: int, **content: object) -> Page:
    return code, b"application/json", json.dumps(content).encode()
