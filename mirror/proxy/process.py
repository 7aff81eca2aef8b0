"""The proxy process: front, relay and spool in one event loop, from its start to a clean end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace

from mirror import pools
from mirror.applied import Applied
from mirror.board import SharedBoard
from mirror.egress import Egress
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.spool import Spool
from mirror.obeyed import obeying
from mirror.proxy.application import application
from mirror.proxy.breaker import Breakers
from mirror.proxy.call import Call
from mirror.proxy.capped import Capped, Lines
from mirror.proxy.doors import Doors, Rules
from mirror.proxy.engine import Engine
from mirror.proxy.front.certificates import CertificateFault
from mirror.proxy.front.entrance import Entrance, entrance, tunnels
from mirror.proxy.front.master import Front, front
from mirror.proxy.front.tls import TlsFiles
from mirror.proxy.limits import Quotas
from mirror.proxy.listener import Address, Listening, Patience, PortInUse, listening, widened
from mirror.proxy.metrics import Metrics, spool_samples
from mirror.proxy.pages import Page, Pages
from mirror.proxy.peer import Signer
from mirror.proxy.record import Recorder, Recording
from mirror.proxy.relay import Relay
from mirror.proxy.reload import Current, Made, following
from mirror.proxy.subjects import Subjects
from mirror.proxy.trips import telling
from mirror.publish import Watcher
from mirror.slots import Slots, kept
from policies.policy import Policy

__all__ = ["PortInUse", "Proxy", "serve"]

DRAIN_S = 30.0

type Ready = Callable[[Proxy], None]


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
class Proxy:
    """Everything of one proxy process, listening while its context is entered.

    `slots` are those that it shares with other processes; without any it has its upstreams alone.
    The policy's interception uses `own_ca` unless it names another. `at` are the real addresses.
    """

    policy: Policy
    recorder: Recorder
    watcher: Watcher
    places: Places
    own_ca: TlsFiles | None = None
    applied: Applied | None = None
    drain_s: float = DRAIN_S
    slots: Slots | None = None
    subjects: Subjects = field(default_factory=Subjects)
    metrics: Metrics = field(default_factory=Metrics)
    at: Places = field(init=False)
    pages: Pages = field(init=False)
    current: Current = field(init=False)
    breakers: Breakers = field(default_factory=Breakers)
    quotas: Quotas = field(init=False)
    lines: Lines = field(init=False)
    _direct: Listening | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.quotas = Quotas.of(self.policy)
        self.lines = Lines(self.slots or Slots.of(self.policy), self.metrics)
        self.current = Current(self._make, self._make(self.policy), self.applied)
        self.pages = Pages(
            self.metrics, self.watcher, self.breakers, self.current, self.lines.gauges
        )

    def _make(self, policy: Policy) -> Made:
        """What is made of a policy. Counters, breakers, quotas and records are the process's."""
        egress = Egress(policy, record=self.recorder)
        capped = Capped(egress, self.lines)
        relay = Relay(
            policy,
            Engine(capped, self.breakers, self.lines.full, self.lines.busy),
            Recording(self.recorder, self.metrics, subjects=self.subjects),
            self.watcher.current,
            self.metrics,
            self.quotas,
            self._page,
        )
        return Made(egress, relay)

    def _page(self, call: Call, trusted: bool) -> Page | None:
        return self.pages.page(call, trusted)

    def _trusts(self, peer: str) -> bool:
        return self.current.relay().identities.trusts(peer)

    async def __aenter__(self) -> Proxy:
        pools.name_lookups()
        signer, patience = Signer(), Patience(self.drain_s)
        given = self._entrance()
        async with AsyncExitStack() as stack:
            admin = await self._admin(stack)
            await self.current.made.egress.__aenter__()
            stack.push_async_callback(self.current.aclose)
            if self.applied is not None:
                folder = self.applied.path.parent
                await stack.enter_async_context(following(self.current, folder, os.environ))
            relay = self.current.relay
            rules = widened(self.policy.limits, self._refused)
            inner = listening(application(relay, signer), ("127.0.0.1", 0), patience, rules)
            behind = await stack.enter_async_context(inner)
            if (direct := self.places.direct) is not None:
                outer = listening(
                    application(relay),
                    direct,
                    patience,
                    self._rules(),
                    shared=self.places.shared,
                )
                self._direct = await stack.enter_async_context(outer)
                direct = self._direct.address
            at_work = await stack.enter_async_context(
                front(given, behind.address, signer, patience, self.metrics)
            )
            self.pages.certificates = at_work.gauges
            self.current.swapped = lambda: self._swapped(at_work)
            self.current.swapped()  # a policy may have come before the front was at work
            self.at = Places(at_work.address, direct, at_work.proxy, admin, self.places.shared)
            self._stack = stack.pop_all()
        return self

    def _rules(self) -> Rules:
        """What every connection of a listener must keep to."""
        limits = self.policy.limits
        doors = Doors(limits.connections_per_address, self._trusts)
        return Rules(limits, doors, self._refused)

    def _refused(self, code: str) -> None:
        self.metrics.count("crossfade_refused_total", reason=code)

    def _swapped(self, at_work: Front) -> None:
        policy = self.current.relay().policy
        self.quotas.obey(policy)
        self.lines.slots.obey(policy)
        at_work.end_tunnels()

    async def _admin(self, stack: AsyncExitStack) -> Address | None:
        """The first to listen and the last to close, for it tells that the others drain."""
        if self.places.admin is None:
            return None
        pages = self.pages.app(self._trusts)
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
        return replace(asked, rules=self._rules(), may_tunnel=self._may_tunnel)

    def _may_tunnel(self) -> bool:
        return tunnels(self.current.relay().policy)

    async def __aexit__(self, *_: object) -> None:
        self.pages.draining = True
        if self._direct is not None:
            self._direct.close()  # at once: the front's streams may take their time
        await self._stack.aclose()


def serve(
    policy: Policy,
    home: Home,
    places: Places,
    ready: Ready | None = None,
    name: str = "proxy",
    applied: Applied | None = None,
) -> None:
    """Answers clients until SIGTERM or SIGINT, then lets streams end for up to 30 seconds.

    `ready` is called with the proxy, which knows its real addresses, once clients can connect;
    `name` is this process's among several, and its spool's. With `applied`, the policy that is
    applied to its folder later takes the place of this one. Raises PortInUse, HomeError,
    CredentialMissing, CertificateFault, each with what to do about it.
    """
    sealer = Sealer.open(home)
    spool = Spool.open(home, sealer, name)
    try:
        own_ca = TlsFiles(*home.interception_ca)
        with SharedBoard(home.load) as board:
            table = Watcher(home.routes_file)
            slots = Slots.of(policy, board, lambda: table.table.factors)
            of = Subjects(sealer.ring.keys)
            proxy = Proxy(
                policy, spool, table, places, own_ca, applied, slots=slots, subjects=of
            )
            proxy.pages.spool = lambda: spool_samples(*spool.fill, time.time())
            told = telling(proxy.breakers, spool.tripped)
            asyncio.run(_until_told(proxy, ready, obeying(table, home.load, name), told))
    finally:
        spool.close()


async def _until_told(
    proxy: Proxy, ready: Ready | None, *besides: AbstractAsyncContextManager[None]
) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with proxy, kept(proxy.lines.slots.board), AsyncExitStack() as stack:
        for one in besides:
            await stack.enter_async_context(one)
        # What the program itself is made of is looked through no more: a full collection of it would
        # hold every stream for a tenth of a second.
        gc.collect()
        gc.freeze()
        if ready is not None:
            ready(proxy)
        await told.wait()
