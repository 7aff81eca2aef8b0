"""The pace at which rollouts go back to primaries whose rate limit the policy gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from cutover.evidence.sessions import SECOND_US
from cutover.history import Key
from cutover.rollback.returning import MINUTE_US, Returned, Wish, admitted
from cutover.tenure import Storage
from mirror.exchange import Leg, Side, exchange_id
from mirror.journal.tables import exchange, reply
from policies.policy import Policy
from policies.policy import Rollout as Declared

FRESH_US = 2 * SECOND_US


@dataclass(frozen=True, slots=True)
class Rates:
    """The last minute: requests by rollout that its primary was not asked, and all that upstreams were."""

    without: Mapping[Key, int] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Turns:
    """Who may go back when. What went lately is remembered by upstream."""

    policy: Policy
    _returned: dict[str, list[Returned]] = field(default_factory=lambda: defaultdict(list))
    _rates: Rates = field(default_factory=Rates)
    _read_us: int | None = None

    def paced(self, declared: Declared) -> int | None:
        """Requests a minute that a rollout's primary takes; None for any number."""
        return self.policy.upstreams[declared.primary.upstream].capacity.per_min

    def brings(self, store: Storage, key: Key, now_us: int) -> float:
        """Requests a minute that a rollout's primary gets more when it goes back."""
        return float(self._now(store, now_us).without.get(key, 0))

    def go(
        self, store: Storage, upstream: str, wishes: Iterable[Wish], now_us: int
    ) -> frozenset[Key]:
        """Who of those that wish to goes back to an upstream now."""
        per_min = self.policy.upstreams[upstream].capacity.per_min
        asked = list(wishes)
        if per_min is None:
            return frozenset([one.key for one in asked])
        lately = [one for one in self._returned[upstream] if one.at_us > now_us - MINUTE_US]
        present = self._now(store, now_us).asked.get(upstream, 0)
        gone = admitted(asked, per_min, present, lately, now_us)
        more = [Returned(one.brings, now_us) for one in asked if one.key in gone and one.brings]
        self._returned[upstream] = lately + more
        return gone

    def sentence(self, store: Storage, declared: Declared, now_us: int) -> str:
        """Why a rollout that is to go back waits."""
        upstream, key = declared.primary.upstream, (declared.tenant, declared.route.value)
        rates = self._now(store, now_us)
        return (
            f"harm is shown, and waits its turn, 3 minutes at most: {upstream} takes "
            f"{self.paced(declared):,} requests a minute and had {rates.asked.get(upstream, 0):,}; this "
            f"rollout brings {rates.without.get(key, 0):,} more, and worse ones go first"
        )

    def _now(self, store: Storage, now_us: int) -> Rates:
        if self._read_us is None or not 0 <= now_us - self._read_us < FRESH_US:
            with store.read() as conn:
                self._rates = rates(conn, now_us - MINUTE_US)
            self._read_us = now_us
        return self._rates


def rates(conn: Connection, since_us: int) -> Rates:
    """What was asked of whom since then."""
    first = exchange_id(max(0, since_us), bytes(10))
    of, told = exchange.c, reply.c
    every = (
        select(of.tenant, of.route, func.count())
        .where(of.id >= first)
        .group_by(of.tenant, of.route)
    )
    without = {(tenant, route): count for tenant, route, count in conn.execute(every)}
    primaries = (
        select(of.tenant, of.route, func.count(of.id.distinct()))
        .join(reply, told.exchange_id == of.id)
        .where(of.id >= first, told.exchange_id >= first)
        .where(told.side == Side.PRIMARY, told.leg != Leg.REASK)
        .group_by(of.tenant, of.route)
    )
    for tenant, route, count in conn.execute(primaries):
        without[tenant, route] -= count
    upstreams = (
        select(told.upstream, func.count())
        .where(told.exchange_id >= first)
        .group_by(told.upstream)
    )
    return Rates(without, {name: count for name, count in conn.execute(upstreams)})
