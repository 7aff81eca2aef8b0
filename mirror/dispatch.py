"""The store's side of the shadow sender: which legs are ours to send, and what became of them."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mirror import backlog, unpaired
from mirror.body import IN_MEMORY_BYTES, Body
from mirror.choice import Choice, chosen, target_of
from mirror.exchange import Accept, Leg, Outcome, Reply, Side
from mirror.journal import exchanges, locked, queue
from mirror.journal.keys.port import KeyLost
from mirror.journal.overdue import UNREADABLE
from mirror.journal.queue import Claim, Due, Kind
from mirror.journal.seal import SealBroken, Sealer
from mirror.journal.spending import Charge
from mirror.journal.store import Store
from mirror.purse import Purse, Spent, spent_today, write_down
from mirror.route_table import RouteTable
from policies.policy import Policy, Rollout

ATTEMPTS = 3  # claims of one leg; a sender that dies ends one
LEASE_US = 15_000_000
KEY_AGAIN_US = 60_000_000  # when what waits for a lost key is looked at again
_PAGE = 500  # pieces of work that are looked at together
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
    """A leg that is not sent, and why."""

    exchange_id: str
    leg: Leg
    reason: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A leg of a tenant whose key cannot be had now: it waits, and no attempt is spent."""

    claim: Claim


type Room = Callable[[str], int]


def _goes(rollout: Rollout | None, kind: Kind, due: Due, rooms: dict[str, int]) -> bool:
    """Whether there is a place for a piece of work; it is taken off `rooms` then.

    What will be refused needs none.
    """
    if rollout is None:
        return True
    side = Side(due.serving).other if kind is Kind.SHADOW else Side.PRIMARY
    upstream = target_of(rollout, side).upstream
    if not rooms[upstream]:
        return False
    rooms[upstream] -= 1
    return True


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
    purse: Purse = field(init=False)

    def __post_init__(self) -> None:
        """Reads the policy's prices and budgets."""
        object.__setattr__(self, "purse", Purse(self.policy))

    def take(self, limit: int, room: Room | None = None) -> list[Job]:
        """Claim up to `limit` legs. Those that cannot be sent are settled here.

        `room(upstream)` says how many may go there; without it, any number.

        Raises:
            StoreError: the store is down; nothing was claimed, or its lease runs out.
        """
        now = self.clock()
        with self.store.read() as conn:
            if not queue.is_due(conn, list(_LEGS), now):
                return []
            picked = self._picked(conn, now, limit, room) if room else None
        if picked == []:
            return []
        claims = self._claimed(now, limit, picked)
        with self.store.read() as conn:
            spent = spent_today(conn, now) if claims and self.purse.kept else {}
            found = [self._job(conn, claim, spent) for claim in claims]
        self._defer([one for one in found if isinstance(one, Waits)], now)
        self._refuse([one for one in found if isinstance(one, Refusal)])
        return [one for one in found if isinstance(one, Job)]

    def _claimed(self, now: int, limit: int, picked: list[int] | None) -> list[Claim]:
        """Claims of what was picked; where nothing was, of whatever comes first."""
        with self.store.write() as conn:
            if picked is not None:
                return queue.claim_these(conn, picked, self.owner, now, LEASE_US)
            claims: list[Claim] = []
            for kind in _LEGS:
                left = limit - len(claims)
                claims += queue.claim(conn, kind, self.owner, now, LEASE_US, left)
            return claims

    def _picked(self, conn: Connection, now: int, limit: int, room: Room) -> list[int] | None:
        """The oldest work that has a place at its upstream; None where all of it has."""
        rollouts = {(one.tenant, one.route.value): one for one in self.policy.rollouts}
        targets = {
            t.upstream for one in rollouts.values() for t in (one.primary, one.candidate)
        }
        rooms = {upstream: room(upstream) for upstream in targets}
        if min(rooms.values()) >= limit:
            return None
        found: list[int] = []
        for kind in _LEGS if any(rooms.values()) else ():
            after: Due | None = None
            while len(found) < limit and (page := queue.due(conn, kind, now, _PAGE, after)):
                after = page[-1]
                for one in page:
                    rollout = rollouts.get((one.tenant, one.route))
                    if len(found) < limit and _goes(rollout, Kind(kind), one, rooms):
                        found.append(one.id)
        return found

    def withdraw(self, jobs: Sequence[Job]) -> None:
        """Let others send these at once; no attempt of theirs is spent. Raises `StoreError`."""
        if jobs:
            with self.store.write() as conn:
                for job in jobs:
                    queue.withdraw(conn, job.claim)

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
        self._refuse([Refusal(job.accept.id, job.leg, UNREADABLE)])

    def record(self, done: Iterable[tuple[Job, Reply]]) -> None:
        """Store replies and end their work, in one transaction. Raises `StoreError`."""
        charges, batch = [], list(done)
        with self.store.write() as conn:
            locked.lock_all(conn, {reply.exchange_id for _, reply in batch})
            for job, reply in batch:
                if exchanges.record_reply(conn, reply, self.sealer):
                    charges.append(self._charge(job, reply))
                # False where the client left or the lease ran out meanwhile: the reply stands anyway
                queue.finish(conn, job.claim)
            write_down(conn, self.clock(), charges)

    def renew(self) -> None:
        """Extend the leases of all that is ours. Raises `StoreError`."""
        with self.store.write() as conn:
            for kind in _LEGS:
                queue.renew(conn, self.owner, kind, self.clock() + LEASE_US)

    def shed(self) -> int:
        """Give up what waits beyond the policy's limits; how many exchanges. Raises `StoreError`."""
        with self.store.read() as conn:
            over = backlog.excess(conn, backlog.limits(self.policy))
        done = 0
        for (tenant, route), count in over.items():
            with self.store.write() as conn:
                done += backlog.shed(conn, tenant, route, count, self.clock())
        return done

    def _charge(self, job: Job, reply: Reply) -> Charge | None:
        rollout = self.policy.rollout_of(job.accept.tenant, job.accept.route)
        return self.purse.charge(rollout, job.accept, reply) if rollout else None

    def _job(self, conn: Connection, claim: Claim, spent: Spent) -> Job | Refusal | Waits:
        leg = _LEGS[Kind(claim.kind)]
        if claim.attempts > ATTEMPTS:
            return Refusal(claim.exchange_id, leg, unpaired.SHADOW_LOST)
        try:
            accept = exchanges.load_accept(
                conn, claim.exchange_id, self.sealer, IN_MEMORY_BYTES
            )
        except SealBroken:
            return Refusal(claim.exchange_id, leg, UNREADABLE)
        except KeyLost:  # of this tenant alone
            return Waits(claim)
        rollout = self.policy.rollout_of(accept.tenant, accept.route)
        if rollout is None:
            return Refusal(accept.id, leg, "no_rollout")
        side = accept.serving.other if leg is Leg.SHADOW else Side.PRIMARY
        target = target_of(rollout, side)
        why = self._unsendable(accept, side, target.upstream)
        if not why and self.purse.empty(rollout, side, spent):
            why = unpaired.BUDGET
        if why:
            return Refusal(accept.id, leg, why)
        to = chosen(self.policy, target, side, target.model)
        timeout_s = self.policy.terms_of(rollout).sampling.timeout_s
        return Job(claim, accept, leg, to, timeout_s)

    def _unsendable(self, accept: Accept, side: Side, upstream: str) -> str:
        """Why an upstream is sent nothing now, though the copy was planned; empty if it is."""
        if not self.permitted(accept.tenant, upstream):
            return unpaired.NO_PERMITTED_SIDE
        table = self.table()
        if table.drained(upstream):
            return unpaired.DRAINED
        standing = table.standing(accept.tenant, accept.route)
        barred = side is Side.CANDIDATE and standing is not None and standing.barred
        return "served_by_other" if barred else ""

    def _defer(self, waiting: Sequence[Waits], now: int) -> None:
        if waiting:
            with self.store.write() as conn:
                for one in waiting:
                    queue.put_back(conn, one.claim, now + KEY_AGAIN_US, counts=False)

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        """Does without legs: without a second answer there is still a pair, without a copy what was served."""
        if not refusals:
            return
        with self.store.write() as conn:
            locked.lock_all(conn, {one.exchange_id for one in refusals})
            for one in refusals:
                if one.reason == UNREADABLE:  # nobody can read what was asked
                    exchanges.abandon(conn, one.exchange_id, Outcome.FAILED, UNREADABLE)
                elif one.leg is Leg.REASK:
                    exchanges.spare_reask(conn, one.exchange_id, self.clock())
                else:
                    exchanges.unpair(conn, one.exchange_id, one.reason, self.clock())
