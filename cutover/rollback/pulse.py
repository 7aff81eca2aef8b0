"""How upstreams did in the last minutes, from the replies in the store.

What clients were answered counts, and the attempts to answer them; copies only where that tells too
little. A quota that is cut after a cutover refuses copies, and none of them is a client's.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from cutover.evidence.sessions import SECOND_US
from cutover.rollback.health import Health
from cutover.tenure import Storage
from mirror.exchange import End, Leg, Side, exchange_id
from mirror.journal.tables import exchange, reply
from mirror.proxy.breaker import healthy
from policies.failover import CircuitBreaker
from policies.policy import Policy, Target

MINUTES_US = 180 * SECOND_US
FRESH_US = 5 * SECOND_US
_FIRST = bytes(10)

TOO_MANY = 429
"""The status that refuses a request because there were too many: of a copy it says nothing of an upstream's health."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked, and whether for a client: `copy` where nobody waited for the answer."""

    tenant: str
    route: str
    side: str
    copy: bool = False


@dataclass(slots=True)
class Ends:
    """How the requests to one model ended: those of clients, and copies."""

    served: Health = field(default_factory=Health)
    copies: Health = field(default_factory=Health)

    def health(self, breaker: CircuitBreaker) -> Health:
        """How it did by what clients were answered; by copies too where those are few and do not speak for it."""
        count = self.served.answered + self.served.failed
        well = count > 0 and self.served.share <= breaker.failed_at_most
        if well or count >= breaker.at_least:
            return self.served
        return self.served.plus(self.copies.answered, self.copies.failed)


@dataclass(slots=True)
class Pulse:
    """The health of every upstream's models; asked of the store every few seconds at most."""

    policy: Policy
    _read_us: int | None = None
    _ends: Mapping[tuple[str, str], Ends] = field(default_factory=dict)

    def of(
        self, store: Storage, target: Target, breaker: CircuitBreaker, now_us: int
    ) -> Health:
        """How a model at an upstream did, for all who use it. Nothing is known of one nobody asked."""
        if self._read_us is None or not 0 <= now_us - self._read_us < FRESH_US:
            with store.read() as conn:
                self._ends = by_target(self.policy, ends(conn, now_us - MINUTES_US))
            self._read_us = now_us
        found = self._ends.get((target.upstream, target.model))
        return found.health(breaker) if found is not None else Health()


def by_target(
    policy: Policy, found: Iterable[tuple[Asked, bool, int]]
) -> dict[tuple[str, str], Ends]:
    """The ends of requests, told by rollout, as those of what answered them."""
    counts: dict[tuple[str, str], Ends] = defaultdict(Ends)
    for asked, well, count in found:
        declared = policy.rollout_of(asked.tenant, asked.route)
        if declared is None:
            continue
        target = declared.primary if asked.side == Side.PRIMARY else declared.candidate
        mine, more = counts[target.upstream, target.model], (count, 0) if well else (0, count)
        if asked.copy:
            mine.copies = mine.copies.plus(*more)
        else:
            mine.served = mine.served.plus(*more)
    return dict(counts)


def ends(conn: Connection, since_us: int) -> Iterator[tuple[Asked, bool, int]]:
    """How requests accepted since then ended that say something of a side's health, with their counts."""
    first = exchange_id(max(0, since_us), _FIRST)
    of, told = exchange.c, reply.c
    place = (of.tenant, of.route, told.side, told.leg, told.end, told.status)
    grouped = (
        select(*place, func.count())
        .join(reply, told.exchange_id == of.id)
        .where(of.id >= first, told.exchange_id >= first)
        .group_by(*place)
    )
    for tenant, route, side, leg, end, status, count in conn.execute(grouped):
        copy = leg != Leg.SERVED
        well = healthy(End(end), status)
        if well is not None and not (copy and status == TOO_MANY):
            yield Asked(tenant, route, side, copy), well, count
    gone = (
        select(of.tenant, of.route, told.failed_over)
        .join(reply, told.exchange_id == of.id)
        .where(of.id >= first, told.exchange_id >= first, told.failed_over != "[]")
    )
    for tenant, route, attempts in conn.execute(gone):
        for tried in json.loads(attempts):
            well = healthy(End(tried["end"]), tried["status"])
            if well is not None:
                yield Asked(tenant, route, tried["side"]), well, 1
