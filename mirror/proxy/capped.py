"""Upstreams under their caps: a client's request that finds no place waits in line, or goes elsewhere.

Nothing here costs a request to an upstream without a cap anything.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from mirror.capacity import SERVED, Rank
from mirror.egress import Incoming, OutRequest
from mirror.faults import AtCapacity
from mirror.proxy.engine import Upstreams
from mirror.proxy.metrics import Metrics, Sample, load_samples
from mirror.slots import Slots

LOOK_S = 0.01
"""Between looks for a place that another process gave back."""


@dataclass(slots=True)
class Line:
    """The clients' requests that wait in this process for a place at one upstream, by rank."""

    slots: Slots
    upstream: str
    _waiting: tuple[deque[asyncio.Future[None]], ...] = field(
        default_factory=lambda: tuple(deque() for _ in SERVED)
    )
    _timer: asyncio.TimerHandle | None = None

    async def enter(self, rank: Rank, wait_s: float) -> None:
        """Takes a place, as soon as it is this one's turn. Raises AtCapacity after `wait_s` seconds.

        Who enters calls `leave` in the end; who is cancelled, or finds no place, does not.
        """
        if self.slots.take(self.upstream, rank):
            return
        if wait_s <= 0:
            self._turn_away()
        turn = asyncio.get_running_loop().create_future()
        self._waiting[rank].append(turn)
        self.slots.queue(self.upstream, rank, 1)
        try:
            self._look()
            async with asyncio.timeout(wait_s):
                await turn
        except BaseException as end:
            if turn.done() and not turn.cancelled():  # its turn came in this very moment
                self.leave(rank)
            else:
                self._waiting[rank].remove(turn)
                self.slots.queue(self.upstream, rank, -1)
            if isinstance(end, TimeoutError):
                self._turn_away()
            raise

    def leave(self, rank: Rank) -> None:
        """Gives a place back, to whoever is next."""
        self.slots.give(self.upstream, rank)
        self._call()

    def _turn_away(self) -> None:
        self.slots.turn_away(self.upstream)
        most = self.slots.cap(self.upstream).in_flight
        raise AtCapacity(f"{self.upstream} has {most or 'enough'} requests in flight")

    def _call(self) -> None:
        """Lets in who may go, the highest rank first, each rank in the order it came."""
        for rank in SERVED:
            for turn in tuple(self._waiting[rank]):
                if turn.done():  # cancelled in this very moment: it takes itself out
                    continue
                if not self.slots.take(self.upstream, rank, waited=True):
                    break
                self._waiting[rank].remove(turn)
                self.slots.queue(self.upstream, rank, -1)
                turn.set_result(None)

    def _look(self) -> None:
        """Again and again while anybody waits: places of other processes come back unannounced."""
        if self._timer is not None:
            self._timer.cancel()
        self._call()
        waits = any(self._waiting)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(LOOK_S, self._look) if waits else None


@dataclass(slots=True)
class Lines:
    """The lines of this process, which outlive every policy."""

    slots: Slots
    metrics: Metrics
    _lines: dict[str, Line] = field(default_factory=dict)

    def of(self, upstream: str) -> Line:
        """The line for an upstream."""
        return self._lines.setdefault(upstream, Line(self.slots, upstream))

    def full(self, upstream: str, rank: Rank) -> bool:
        """Whether a request would find no place now; then it is counted as turned away."""
        if not self.slots.cap(upstream).capped or self.slots.free(upstream, rank):
            return False
        self.slots.turn_away(upstream)
        return True

    def busy(self, upstream: str) -> None:
        """An upstream says that it has too much to do: copies make room."""
        self.slots.turn_away(upstream)

    def gauges(self) -> list[Sample]:
        """What all processes of this machine have in flight and waiting."""
        return [
            gauge
            for name in self.slots.caps
            for gauge in load_samples(name, self.slots.load(name), self.slots.cap(name))
        ]


@dataclass(frozen=True, slots=True)
class Capped:
    """Upstreams of which no more is asked than their caps allow."""

    upstreams: Upstreams
    lines: Lines

    def open(
        self, tenant: str, upstream: str, request: OutRequest
    ) -> AbstractAsyncContextManager[Incoming]:
        """Asks an upstream once there is a place. Raises AtCapacity, and what `Egress.open` does.

        There is no waiting where another may answer at once: at `request.impatient_at`.
        """
        if not self.lines.slots.cap(upstream).capped:
            return self.upstreams.open(tenant, upstream, request)
        return self._placed(tenant, upstream, request)

    @asynccontextmanager
    async def _placed(
        self, tenant: str, upstream: str, request: OutRequest
    ) -> AsyncIterator[Incoming]:
        cap, line = self.lines.slots.cap(upstream), self.lines.of(upstream)
        wait_s = 0.0 if upstream == request.impatient_at else cap.wait_s
        since_s, labels = time.monotonic(), {"upstream": upstream, "class": request.rank.word}
        request.queued(True)
        try:
            await line.enter(request.rank, wait_s)
        except AtCapacity:
            self.lines.metrics.count("crossfade_turned_away_total", **labels)
            raise
        waited_s = time.monotonic() - since_s
        request.queued(False)
        try:
            if waited_s >= LOOK_S / 10:
                wait = "crossfade_capacity_wait_seconds"
                self.lines.metrics.observe(wait, waited_s, **labels)
            async with self.upstreams.open(tenant, upstream, request) as incoming:
                yield incoming
        finally:
            line.leave(request.rank)
