"""The store's side of the shadow sender: which legs are ours to send, and what became of them."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mirror import backlog
from mirror.body import Body
from mirror.choice import Choice, chosen, target_of
from mirror.exchange import Accept, Leg, Outcome, Reply, Side
from mirror.journal import exchanges, queue
from mirror.journal.queue import Claim, Kind
from mirror.journal.seal import SealBroken, Sealer
from mirror.journal.store import Store
from mirror.route_table import RouteTable
from policies.policy import Policy

ATTEMPTS = 3  # claims of one leg; a sender that dies ends one
LEASE_US = 15_000_000
_LEGS = {Kind.SHADOW: Leg.SHADOW, Kind.REASK: Leg.REASK}


@dataclass(frozen=True, slots=True)
class Job:
    """A leg that is ours to send."""

    claim: Claim
    accept: Accept
    leg: Leg
    to: Choice
    timeout_s: float

    @property
    def large(self) -> bool:
        """Whether its body was not loaded, and goes by a file."""
        return self.accept.large is not None and not self.accept.body


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an exchange will have no comparison."""

    exchange_id: str
    outcome: Outcome
    reason: str


def now_us() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1000


def _owner() -> str:
    return f"shadow-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One sender's desk. `permitted(tenant, upstream)` says whether bytes may go there.

    `table` is the route table in force: a copy that was planned before a drain is not sent in it.
    """

    policy: Policy
    store: Store
    sealer: Sealer
    permitted: Callable[[str, str], bool]
    clock: Callable[[], int] = now_us
    owner: str = field(default_factory=_owner)
    table: Callable[[], RouteTable] = RouteTable.empty

    def take(self, limit: int) -> list[Job]:
        """Claim up to `limit` legs. Those that cannot be sent are settled here.

        Raises:
            StoreError: the store is down; nothing was claimed, or its lease runs out.
        """
        now = self.clock()
        with self.store.read() as conn:
            if not queue.is_due(conn, list(_LEGS), now):
                return []
        with self.store.write() as conn:
            claims: list[Claim] = []
            for kind in _LEGS:
                room = limit - len(claims)
                claims += queue.claim(conn, kind, self.owner, now, LEASE_US, room)
        with self.store.read() as conn:
            found = [self._job(conn, claim) for claim in claims]
        self._refuse([one for one in found if isinstance(one, Refusal)])
        return [one for one in found if isinstance(one, Job)]

    def body(self, job: Job) -> Body:
        """The body of a job that is `large`, to be closed. For threads.

        Raises:
            SealBroken: it was changed, or its file is gone.
        """
        large, body = job.accept.large, Body()
        assert large is not None, "only a large body is read from its file"
        try:
            for piece in self.sealer.slices(large, f"{job.accept.id}/request"):
                body.add(piece)
        except BaseException:
            body.close()
            raise
        return body

    def give_up(self, job: Job) -> None:
        """Settle a job whose body nobody can open. Raises `StoreError`."""
        self._refuse([Refusal(job.accept.id, Outcome.FAILED, "payload_unreadable")])

    def record(self, done: Iterable[tuple[Job, Reply]]) -> None:
        """Store replies and end their work, in one transaction. Raises `StoreError`."""
        with self.store.write() as conn:
            for job, reply in done:
                exchanges.record_reply(conn, reply, self.sealer)
                # False where the client left or the lease ran out meanwhile: the reply stands anyway
                queue.finish(conn, job.claim)

    def renew(self) -> None:
        """Extend the leases of all that is ours. Raises `StoreError`."""
        with self.store.write() as conn:
            for kind in _LEGS:
                queue.renew(conn, self.owner, kind, self.clock() + LEASE_US)

    def give_back(self, jobs: Sequence[Job]) -> None:
        """Let others send these at once. Raises `StoreError`."""
        if jobs:
            with self.store.write() as conn:
                for job in jobs:
                    queue.put_back(conn, job.claim, self.clock())

    def shed(self) -> int:
        """Give up what waits beyond the policy's limits; how many exchanges. Raises `StoreError`."""
        with self.store.read() as conn:
            over = backlog.excess(conn, backlog.limits(self.policy))
        done = 0
        for (tenant, route), count in over.items():
            with self.store.write() as conn:
                done += backlog.shed(conn, tenant, route, count, self.clock())
        return done

    def _job(self, conn: Connection, claim: Claim) -> Job | Refusal:
        if claim.attempts > ATTEMPTS:
            return Refusal(claim.exchange_id, Outcome.FAILED, "shadow_lost")
        try:
            accept = exchanges.load(conn, claim.exchange_id, self.sealer).accept
        except SealBroken:
            return Refusal(claim.exchange_id, Outcome.FAILED, "payload_unreadable")
        rollout = self.policy.rollout_of(accept.tenant, accept.route)
        if rollout is None:
            return Refusal(accept.id, Outcome.EXCLUDED, "no_rollout")
        leg = _LEGS[Kind(claim.kind)]
        side = accept.serving.other if leg is Leg.SHADOW else Side.PRIMARY
        target = target_of(rollout, side)
        if not self.permitted(accept.tenant, target.upstream):
            return Refusal(accept.id, Outcome.EXCLUDED, "no_permitted_side")
        kept_back = self._kept_back(accept, side, target.upstream)
        if kept_back:
            return Refusal(accept.id, Outcome.EXCLUDED, kept_back)
        to = chosen(self.policy, target, side, target.model)
        timeout_s = self.policy.terms_of(rollout).sampling.timeout_s
        return Job(claim, accept, leg, to, timeout_s)

    def _kept_back(self, accept: Accept, side: Side, upstream: str) -> str:
        """Why an upstream is sent nothing now, though the copy was planned; empty if it is."""
        table = self.table()
        if table.drained(upstream, self.clock()):
            return "drained"
        standing = table.standing(accept.tenant, accept.route)
        barred = side is Side.CANDIDATE and standing is not None and standing.barred
        return "served_by_other" if barred else ""

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        if refusals:
            with self.store.write() as conn:
                for refusal in refusals:
                    exchanges.abandon(
                        conn, refusal.exchange_id, refusal.outcome, refusal.reason
                    )
