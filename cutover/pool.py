"""The pool: what the sessions of all tenants of one model have shown in mirror, gate by gate.

Numbers alone are read, the recorded observations of sessions, and only of tenants that allow it. Tenants are
alike where the policy has the same route, models, gates and sessions for them; another candidate,
another primary or a margin of its own is another pool.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, select

from cutover import bets, tables
from cutover.bets import EVENLY_SPREAD, Spread
from cutover.dossier import rules_of
from cutover.evidence import MeanAbove
from cutover.gates import Basis, demands, log_promote_at
from cutover.observation import Rules, Session, retold
from cutover.rollout import Rollout
from cutover.sessions import SECOND_US
from cutover.stages import Stage
from cutover.tenure import Storage
from mirror.candidate import candidate_fingerprint
from policies.low_traffic import BetsFrom
from policies.policy import Policy
from policies.policy import Rollout as Declared

MOST_TENANTS = 50
"""So many tenants' mirrors are read, those that began first: enough to know a model by, and soon read."""

MOST_SESSIONS = 500
"""So many sessions of one mirror are read, its first."""

REFRESH_US = 10 * SECOND_US
"""What was read so lately is not read again: a fleet may begin all at once."""

WEIGHTED = (Stage.MIRROR, Stage.CANARY)
"""The stages that end by a promotion, and so have bets to weight."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What tenants must have in common to be of one pool. `terms` is the JSON of what is demanded."""

    route: str
    candidate: str
    primary: tuple[str, str]
    terms: str


@dataclass(slots=True)
class Mirror:
    """What was read of one tenant's mirror: `shown` is every gate's evidence for the model."""

    tenant: str
    epoch: int
    shown: dict[str, MeanAbove]
    read: int = 0

    def take(self, sessions: Iterable[Session]) -> None:
        """Adds sessions, in the order of their numbers."""
        for session in sessions:
            self.read += 1
            for name, bad in session.badness.items():
                if name in self.shown:
                    self.shown[name] = self.shown[name].after([1 - bad])


@dataclass(slots=True)
class Known:
    """The mirrors of one pool, as they were read last."""

    mirrors: list[Mirror] = field(default_factory=list)
    read_us: int | None = None


class Pool:
    """Reads what tenants of one model showed. Not thread-safe; what is recorded never changes, so it is read once."""

    def __init__(self, policy: Policy, store: Storage) -> None:
        self._policy, self._store = policy, store
        self._known: dict[Alike, Known] = {}
        self._demanded: dict[
            tuple[int, Basis], str
        ] = {}  # most rollouts share the policy's terms

    def spread(self, declared: Declared | None, after: Rollout) -> Spread:
        """How a standing that begins now, by a move to `after`, spreads its bets.

        Of other tenants' sessions alone, all of them recorded before this one has any.
        """
        if declared is None or after.stage not in WEIGHTED or not self._takes_part(declared):
            return EVENLY_SPREAD
        rules = rules_of(self._policy, declared)
        if rules.terms.low_traffic.bets is BetsFrom.UNIFORM:
            return EVENLY_SPREAD
        mirrors = self._mirrors(declared, rules, after.since_us)
        others = [one for one in mirrors if one.tenant != declared.tenant and one.read]
        return _spread(rules, others)

    def _takes_part(self, declared: Declared) -> bool:
        return self._policy.tenants[declared.tenant].pool

    def _mirrors(self, declared: Declared, rules: Rules, now_us: int) -> list[Mirror]:
        alike = self._alike(declared)
        known = self._known.setdefault(alike, Known())
        if known.read_us is None or abs(now_us - known.read_us) >= REFRESH_US:
            known.read_us = now_us
            with self._store.read() as conn:
                known.mirrors = _found(conn, alike, self._tenants(alike), rules, known.mirrors)
                for one in known.mirrors:
                    one.take(_sessions(conn, alike.route, one))
        return known.mirrors

    def _alike(self, declared: Declared) -> Alike:
        rules = rules_of(self._policy, declared)
        place = (id(rules.terms), rules.basis)
        if place not in self._demanded:
            told = rules.terms.model_dump_json(include={"gates", "sessions"})
            self._demanded[place] = f"{rules.basis} {told}"
        return Alike(
            declared.route.value,
            candidate_fingerprint(self._policy, declared),
            (declared.primary.upstream, declared.primary.model),
            self._demanded[place],
        )

    def _tenants(self, alike: Alike) -> frozenset[str]:
        """Those of the policy that are in a pool."""
        some = [one for one in self._policy.rollouts if one.route.value == alike.route]
        return frozenset(
            [one.tenant for one in some if self._takes_part(one) and self._alike(one) == alike]
        )


def _spread(rules: Rules, others: list[Mirror]) -> Spread:
    weights = {}
    for demand in demands(rules.terms.gates, rules.basis):
        shown = [one.shown[demand.name] for one in others if one.shown[demand.name].n]
        if shown:
            gained = [sum(logs) for logs in zip(*[one.logs for one in shown], strict=True)]
            weights[demand.name] = bets.favoured(gained, log_promote_at(rules.terms))
    sessions = sum([one.read for one in others])
    return Spread(weights, len({one.tenant for one in others}), sessions)


def _found(
    conn: Connection, alike: Alike, tenants: frozenset[str], rules: Rules, known: list[Mirror]
) -> list[Mirror]:
    """The mirrors of a pool, the first to begin first; those that are known keep what was read of them."""
    before = {(one.tenant, one.epoch): one for one in known}
    found: dict[str, list[Mirror]] = {}
    for row in _begun(conn, alike.route):
        if row.tenant not in tenants or _candidate(row) != alike.candidate:
            continue
        if row.tenant not in found and len(found) > MOST_TENANTS:  # one of them may be who asks
            continue
        new = Mirror(row.tenant, row.epoch, _nothing_shown(rules))
        found.setdefault(row.tenant, []).append(before.get((row.tenant, row.epoch), new))
    return [one for mirrors in found.values() for one in mirrors]


def _nothing_shown(rules: Rules) -> dict[str, MeanAbove]:
    every = demands(rules.terms.gates, rules.basis)
    return {demand.name: MeanAbove(1 - demand.bar) for demand in every}


def _begun(conn: Connection, route: str) -> Iterable[Any]:
    """The mirrors that a route's rollouts began, with the rollouts as they stand now."""
    moves, rollouts = tables.transition, tables.rollout
    return conn.execute(
        select(
            moves.c.tenant,
            moves.c.epoch,
            moves.c.attempt,
            moves.c.evidence,
            rollouts.c.attempt.label("attempt_now"),
            rollouts.c.candidate.label("candidate_now"),
        )
        .join(
            rollouts,
            and_(rollouts.c.tenant == moves.c.tenant, rollouts.c.route == moves.c.route),
        )
        .where(moves.c.route == route, moves.c.to_stage == Stage.MIRROR.value)
        .order_by(moves.c.id)
    )


def _candidate(row: Any) -> str:
    """Whose mirror it is: of one that began before this was recorded, known of the present attempt alone."""
    begins = json.loads(row.evidence or "{}").get("begins", {})
    now = row.candidate_now if row.attempt == row.attempt_now else ""
    return str(begins.get("candidate", now))


def _sessions(conn: Connection, route: str, mirror: Mirror) -> list[Session]:
    """The recorded sessions of a mirror that were not read yet."""
    table = tables.observation
    found = conn.execute(
        select(table.c["values"])
        .where(table.c.tenant == mirror.tenant, table.c.route == route)
        .where(table.c.epoch == mirror.epoch)
        .where(table.c.number > mirror.read, table.c.number <= MOST_SESSIONS)
        .order_by(table.c.number)
    )
    return [retold(json.loads(text)) for text in found.scalars()]
