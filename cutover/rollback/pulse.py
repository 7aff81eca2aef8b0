"""How upstreams did in the last minutes, from the replies in the store."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from cutover.evidence.sessions import SECOND_US
from cutover.rollback.health import Health
from cutover.tenure import Storage
from mirror.exchange import End, Side, exchange_id
from mirror.journal.tables import exchange, reply
from mirror.proxy.breaker import healthy
from policies.policy import Policy, Target

MINUTES_US = 180 * SECOND_US
FRESH_US = 5 * SECOND_US
_FIRST = bytes(10)

type Side_ = tuple[str, str, str]
"""Tenant, route and side."""


@dataclass(slots=True)
class Pulse:
    """The health of every upstream's models; asked of the store every few seconds at most."""

    policy: Policy
    _read_us: int | None = None
    _health: Mapping[tuple[str, str], Health] = field(default_factory=dict)

    def of(self, store: Storage, target: Target, now_us: int) -> Health:
        """How a model at an upstream did, for all who use it. Nothing is known of one nobody asked."""
        if self._read_us is None or not 0 <= now_us - self._read_us < FRESH_US:
            with store.read() as conn:
                self._health = by_target(self.policy, ends(conn, now_us - MINUTES_US))
            self._read_us = now_us
        return self._health.get((target.upstream, target.model), Health())


def by_target(
    policy: Policy, found: Iterable[tuple[Side_, bool, int]]
) -> dict[tuple[str, str], Health]:
    """The ends of requests, told by rollout, as the health of what answered them."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (tenant, route, side), well, count in found:
        declared = policy.rollout_of(tenant, route)
        if declared is not None:
            target = declared.primary if side == Side.PRIMARY else declared.candidate
            counts[target.upstream, target.model][not well] += count
    return {target: Health(well, failed) for target, (well, failed) in counts.items()}


def ends(conn: Connection, since_us: int) -> Iterator[tuple[Side_, bool, int]]:
    """How requests accepted since then ended that say something of a side's health, with their counts."""
    first = exchange_id(max(0, since_us), _FIRST)
    of, told = exchange.c, reply.c
    joined = select(of.tenant, of.route, told.side, told.end, told.status, func.count())
    grouped = (
        joined.join(reply, told.exchange_id == of.id)
        .where(of.id >= first, told.exchange_id >= first)
        .group_by(of.tenant, of.route, told.side, told.end, told.status)
    )
    for tenant, route, side, end, status, count in conn.execute(grouped):
        well = healthy(End(end), status)
        if well is not None:
            yield (tenant, route, side), well, count
    gone = (
        select(of.tenant, of.route, told.failed_over)
        .join(reply, told.exchange_id == of.id)
        .where(of.id >= first, told.exchange_id >= first, told.failed_over != "[]")
    )
    for tenant, route, attempts in conn.execute(gone):
        for tried in json.loads(attempts):
            well = healthy(End(tried["end"]), tried["status"])
            if well is not None:
                yield (tenant, route, tried["side"]), well, 1
