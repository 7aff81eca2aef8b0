"""The shadow sender: copies of exchanges to the other side, and re-asks of the primary.

A process of its own, so that nothing here is ever awaited by a client. Work is claimed with a short
lease that is renewed while it lasts: what a killed sender held is sent again by the next one, and
given up as `failed: shadow_lost` after three attempts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from mirror import pools, telemetry
from mirror.alarm import Alarm
from mirror.board import SharedBoard
from mirror.body import Body
from mirror.capacity import Rank
from mirror.dispatch import Dispatch, Job
from mirror.egress import Egress
from mirror.exchange import Reply
from mirror.giveway import GiveWay
from mirror.journal.home import Home
from mirror.journal.seal import SealBroken, Sealer
from mirror.journal.spool import Spool
from mirror.journal.store import Store, StoreError
from mirror.outage import Outage
from mirror.pools import RECORDS, STORE
from mirror.publish import Watcher
from mirror.send import Sender, send
from mirror.slots import Slots, kept
from policies.policy import Policy

CONCURRENCY = 64  # sends at a time
LARGE = 4  # of them with a body that goes by a file
_BUSY_S, _IDLE_S = 0.02, 0.1  # between looks at the queue
_RENEW_S = 5.0
_SHED_S = 1.0
_GRACE_S = 5.0  # for sends under way when told to stop
_BATCH = 50  # replies a transaction
_TROUBLE_S = 0.5
_CLAIMS = "shadow: nothing can be claimed or given up"
_log = logging.getLogger(__name__)


def run(policy: Policy, home: Home, stop: threading.Event) -> None:
    """Send until told to stop; what is under way then has five seconds and is given back after.

    Raises:
        StoreError, HomeError: store or data folder cannot be used, with what to do.
        CredentialMissing: a key that the policy names is not in the environment.
    """
    store = Store.open(home.store_url)
    try:
        spool = Spool.open(home, Sealer.open(home), "shadow")  # for the egress record
        try:
            asyncio.run(_run(policy, store, home, spool, stop))
        finally:
            spool.close()
    finally:
        store.close()


async def _run(
    policy: Policy, store: Store, home: Home, spool: Spool, stop: threading.Event
) -> None:
    pools.name_lookups()
    table = Watcher(home.routes_file).current
    with SharedBoard(home.load) as board:
        slots = Slots.of(policy, board, lambda: table().factors)
        async with Egress(policy, record=spool) as egress, kept(board):
            dispatch = Dispatch(policy, store, Sealer.open(home), egress.permitted, table=table)
            await ShadowSender(dispatch, egress, slots).run(stop)


@dataclass(slots=True)
class ShadowSender:
    """Sends what `dispatch` hands out, at most `concurrency` at a time, and hands the ends back.

    A copy needs a place among `slots`, and gives it up to a client who needs one; it is sent later.
    """

    dispatch: Dispatch
    sender: Sender
    slots: Slots
    concurrency: int = CONCURRENCY
    alarm: Alarm = field(default_factory=Alarm)
    outage: Outage = field(default_factory=Outage)
    giveway: GiveWay = field(init=False)
    _large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE))
    _active: dict[asyncio.Task[None], Job] = field(default_factory=dict)
    _done: asyncio.Queue[tuple[Job, Reply] | None] = field(default_factory=asyncio.Queue)
    _unsent: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.giveway = GiveWay(self.slots)

    async def run(self, stop: threading.Event) -> None:
        """Send until told to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._record(stop))
            keepers = [
                group.create_task(
                    self._every(_RENEW_S, self.dispatch.renew, "no lease is renewed")
                ),
                group.create_task(self._every(_SHED_S, self.dispatch.shed, "nothing is shed")),
            ]
            await self._send(stop, group)
            await self._wind_up()
            for keeper in keepers:
                keeper.cancel()
            self._done.put_nowait(None)

    async def _send(self, stop: threading.Event, group: asyncio.TaskGroup) -> None:
        pause = _BUSY_S
        while not stop.is_set():
            self._make_room()
            jobs = await self._take()
            for job in jobs:
                self._start(job, group)
            await self._withdraw()
            pause = _BUSY_S if jobs or self._active else min(_IDLE_S, 1.5 * pause)
            await asyncio.sleep(pause)

    def _start(self, job: Job, group: asyncio.TaskGroup) -> None:
        if not self.slots.take(job.to.upstream, Rank.COPY):  # somebody was quicker
            self._unsent.append(job)
            return
        task = group.create_task(self._one(job))
        self._active[task] = job
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        job = self._active.pop(task)
        self.slots.give(job.to.upstream, Rank.COPY)
        if task.cancelled():
            self._unsent.append(job)

    def _make_room(self) -> None:
        """Cuts off copies in favour of clients, those first that have come least far."""
        for upstream, number in self.giveway.look().items():
            there = [task for task, job in self._active.items() if job.to.upstream == upstream]
            for task in there[-number:]:
                task.cancel()

    async def _withdraw(self) -> None:
        """What is not sent after all waits for its turn again."""
        unsent, self._unsent = self._unsent, []
        with self.outage.waited_out(_log, "shadow: leases are left to run out", StoreError):
            await STORE.run(lambda: self.dispatch.withdraw(unsent))

    async def _take(self) -> list[Job]:
        room = self.concurrency - len(self._active)
        if room <= 0:
            return []
        jobs, asked = list[Job](), False
        with self.outage.waited_out(_log, _CLAIMS, StoreError):
            jobs = await STORE.run(lambda: self.dispatch.take(room, self.giveway.room))
            asked = True
        if not asked:
            await asyncio.sleep(_TROUBLE_S)
        return jobs

    async def _one(self, job: Job) -> None:
        if job.large:
            async with self._large:
                await self._one_large(job)
        else:
            await self._send_one(job)

    async def _one_large(self, job: Job) -> None:
        """A job whose body goes by a file. One that nobody can open is given up."""
        try:
            body = await RECORDS.run(lambda: self.dispatch.body(job))
        except SealBroken:
            await self._give_up(job)
        except OSError as error:
            _log.error("shadow: a large body finds no room, its lease runs out: %s", error)
        else:
            with contextlib.closing(body):
                await self._send_one(job, body)

    async def _give_up(self, job: Job) -> None:
        with self.outage.waited_out(_log, _CLAIMS, StoreError):
            await STORE.run(lambda: self.dispatch.give_up(job))

    async def _send_one(self, job: Job, body: Body | None = None) -> None:
        accept, to = job.accept, job.to
        known = {
            "crossfade.tenant": accept.tenant,
            "crossfade.route": accept.route,
            "crossfade.leg": job.leg.value,
            "crossfade.side": to.side.value,
            "crossfade.upstream": to.upstream,
            "gen_ai.request.model": to.model,
        }
        with telemetry.copied(accept.id, accept.headers, known) as headers:
            if headers is not accept.headers:
                accept = replace(accept, headers=dict(headers))
            deployment = self.dispatch.policy.deployment
            asked = (accept, job.leg, to, job.timeout_s, deployment, body)
            reply = await send(self.sender, *asked)
            telemetry.tell({}, "" if reply.answered else reply.end.value)
        if reply.status == 429:
            self.giveway.busy(to.upstream)
        if reply.other:
            accept = job.accept
            self.alarm.served_by_other(accept.tenant, accept.route, reply.upstream, reply.other)
        self._done.put_nowait((job, reply))

    async def _wind_up(self) -> None:
        """Wait for what is under way, then cut it off and give it back."""
        if self._active:
            await asyncio.wait(self._active, timeout=_GRACE_S)
        left = list(self._active)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        await self._withdraw()

    async def _record(self, stop: threading.Event) -> None:
        """Store the ends of sends, together those that came together."""
        last = False
        while not last:
            batch = [await self._done.get()]
            while len(batch) < _BATCH and not self._done.empty():
                batch.append(self._done.get_nowait())
            last = batch[-1] is None
            await self._record_batch([one for one in batch if one is not None], stop)

    async def _record_batch(
        self, batch: list[tuple[Job, Reply]], stop: threading.Event
    ) -> None:
        """Store replies, however long the store is down; while it is, their leases run out."""
        stored = not batch
        while not stored:
            with self.outage.waited_out(_log, "shadow: replies wait for the store", StoreError):
                await STORE.run(partial(self.dispatch.record, batch))
                stored = True
            if not stored:
                if stop.is_set():
                    return
                await asyncio.sleep(_TROUBLE_S)

    async def _every(self, seconds: float, do: Callable[[], object], undone: str) -> None:
        while True:
            await asyncio.sleep(seconds)
            with self.outage.waited_out(_log, f"shadow: {undone}", StoreError):
                await STORE.run(do)
