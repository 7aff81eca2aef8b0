"""The evidence of one rollout, kept in memory between ticks and rebuilt from the store at a start.

What counts is the recorded sessions: each look first writes those that joined, so that a
controller that starts anew, here or elsewhere, comes to the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from compare import ledger
from cutover import course, history
from cutover.course import Observation, Point
from cutover.gates import Basis, basis_of
from cutover.history import Key, Moved
from cutover.judge import Verdict
from cutover.observation import Rules, retold
from cutover.rollout import Rollout
from cutover.sessions import SECOND_US
from cutover.stages import Signal, Stage
from cutover.tally import Account, Views
from cutover.views import finite
from cutover.yardstick import Yardstick
from mirror.exchange import End, Leg
from mirror.journal import tables
from policies.policy import Policy, Terms
from policies.policy import Rollout as Declared

BATCH = 1_000
DAY_US = 86_400 * SECOND_US
RECOUNT_US = 10 * SECOND_US
LATE_S = 300
"""An exchange that waits longer than this for its comparison is a gap in the evidence."""

COMPARING = (Stage.MIRROR, Stage.CANARY, Stage.LIVE)
"""The stages in which evidence grows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One epoch of an attempt: evidence of one is never mixed with another's."""

    epoch: int
    stage: Stage
    step: int


@dataclass(slots=True)
class Dossier:
    """One rollout's account of its present standing, and how far the ledger was read for it."""

    standing: Standing
    account: Account
    recorded: int = 0
    after_number: int = 0
    charted: int = 0
    yardstick: Yardstick = field(default_factory=Yardstick)

    def look(self, conn: Connection, rollout: Rollout, now_us: int) -> tuple[Views, str]:
        """What there is to judge now, and what is known to be missing ("" for nothing).

        Both from one read, the waiting exchanges first: what is in neither list is lost.
        """
        key, epoch = rollout.key, self.standing.epoch
        waiting = ledger.open_exchanges(conn, *key, epoch)
        while rows := ledger.since(conn, *key, epoch, self.after_number, BATCH):
            self.account.take(self._evidence(rows))
            self.after_number = rows[-1].number
        late_us = now_us - LATE_S * SECOND_US
        late = sum(accepted_us < late_us for _, accepted_us in waiting)
        gap = (
            f"{late:,} exchanges wait over {LATE_S // 60} minutes for their comparison"
            if late
            else ""
        )
        return self.account.look(waiting, now_us), gap

    def _evidence(self, rows: list[ledger.Row]) -> list[ledger.Row]:
        """What counts of new comparisons. Where people are served, harm counts however it was measured."""
        measured = self.yardstick.measured(rows)
        return measured if self.standing.stage is Stage.MIRROR else rows

    def record(self, conn: Connection, rollout: Rollout, views: Views, now_us: int) -> None:
        """Appends the sessions that joined at a look, in the order in which they count."""
        new = [
            Observation(
                self.recorded + place, session.id, session.start_us, now_us, session.told()
            )
            for place, session in enumerate(views.joined, start=1)
        ]
        course.add_observations(conn, rollout.key, self.standing.epoch, new)
        self.recorded += len(new)

    def due(self, point: Point) -> bool:
        """Whether a point is far enough from the last one kept: about 100 for each factor of e."""
        due = point.n - self.charted >= max(1, self.charted // 100)
        self.charted = point.n if due else self.charted
        return due

    def next(self, rollout: Rollout) -> Dossier:
        """The dossier of the standing that a move leads to, within the same attempt."""
        standing = Standing(rollout.epoch, rollout.stage, rollout.step)
        step = _step(self.account.book.rules.terms, standing)
        account = self.account.next(standing.stage, step)
        return Dossier(standing, account, yardstick=self.yardstick.renewed())


def rules_of(policy: Policy, declared: Declared) -> Rules:
    """How exchanges become evidence for a rollout."""
    reask = policy.tenants[declared.tenant].reask
    return Rules(policy.terms_of(declared), basis_of(declared.route, reask=reask))


def standings(moves: Iterable[Moved]) -> list[Standing]:
    """The standings of the present attempt, oldest first; none while nothing is compared."""
    return attempts(moves)[-1]


def attempts(moves: Iterable[Moved]) -> list[list[Standing]]:
    """The standings of every attempt, oldest first; the last list is the present one's, and may be empty."""
    chains: list[list[Standing]] = [[]]
    for moved in moves:
        move = moved.transition
        if chains[-1] and move.to_stage not in (Stage.CANARY, Stage.LIVE):
            chains.append([])
        if move.to_stage not in COMPARING:
            continue
        widened = move.signal is Signal.WIDEN and chains[-1]
        step = chains[-1][-1].step + 1 if widened else 0
        chains[-1].append(Standing(move.epoch, move.to_stage, step))
    return chains


def rebuild(conn: Connection, rules: Rules, rollout: Rollout) -> Dossier:
    """The dossier as the recorded sessions tell it, of a rollout that compares."""
    chain = standings(history.moves(conn, rollout.key))
    assert chain, "a rollout that compares got there by a move"
    account: Account | None = None
    recorded = 0
    for standing in chain:
        step = _step(rules.terms, standing)
        account = (
            account.next(standing.stage, step)
            if account
            else Account.begin(rules, standing.stage, step)
        )
        kept = course.observations(conn, rollout.key, standing.epoch)
        account.resume([retold(one.values) for one in kept])
        recorded = kept[-1].number if kept else 0
    assert account is not None
    first = ledger.first_comparators(conn, *rollout.key, [one.epoch for one in chain])
    return Dossier(chain[-1], account, recorded, yardstick=Yardstick(first))


def burst_done(conn: Connection, rules: Rules, rollout: Rollout) -> bool:
    """Whether the primary was asked again often enough to know its noise."""
    if rules.basis is not Basis.NOISE:
        return True
    burst = rules.terms.sampling.reask_burst
    exchange, reply = tables.exchange.c, tables.reply.c
    found = (
        select(exchange.id)
        .join(tables.reply, reply.exchange_id == exchange.id)
        .where(exchange.tenant == rollout.tenant, exchange.route == rollout.route)
        .where(reply.leg == Leg.REASK, reply.end == End.COMPLETE)
        .limit(burst)
    )
    return len(conn.execute(found).all()) >= burst


@dataclass(frozen=True, slots=True)
class Reasks:
    """How often a rollout's primary was asked again today (UTC), as of a moment."""

    counted_us: int = 0
    today: int = 0

    def recounted(self, conn: Connection, key: Key, now_us: int) -> Reasks:
        """The count of now, taken anew where it is old: a rollout is not counted at every tick."""
        if now_us - self.counted_us < RECOUNT_US:
            return self
        return Reasks(now_us, reasked_since(conn, key, now_us - now_us % DAY_US))


def reasked_since(conn: Connection, key: Key, since_us: int) -> int:
    """How many exchanges of a rollout accepted since then have the primary asked again."""
    exchange = tables.exchange.c
    found = (
        select(func.count())
        .select_from(tables.exchange)
        .where(exchange.tenant == key[0], exchange.route == key[1], exchange.reask)
        .where(exchange.accepted_us >= since_us)
    )
    return int(conn.execute(found).scalar_one())


def point(epoch: int, verdict: Verdict, at_us: int) -> Point:
    """A verdict as one point of the course."""
    levels = {
        gate.gate: {"for": finite(gate.for_log10), "against": finite(gate.against_log10)}
        for gate in verdict.gates
    }
    return Point(epoch, verdict.sessions, at_us, json.loads(json.dumps(levels)))


def _step(terms: Terms, standing: Standing) -> int:
    """The step's place in the policy of today, which may have fewer steps than that of the move."""
    return min(standing.step, len(terms.steps) - 1)
