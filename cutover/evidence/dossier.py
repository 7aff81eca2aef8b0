"""The evidence of one rollout, kept in memory between ticks and rebuilt from the store at a start.

What counts is the recorded sessions: each look first writes those that joined, so that a
controller that starts anew, here or elsewhere, comes to the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from compare import ledger
from cutover import history
from cutover.evidence import course
from cutover.evidence.bets import EVENLY_SPREAD, Spread, recorded
from cutover.evidence.course import Observation, Point
from cutover.evidence.gates import basis_of
from cutover.evidence.news import News, Waiting
from cutover.evidence.observation import Rules, retold
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.tally import Account, Views
from cutover.evidence.verdict import Verdict
from cutover.evidence.yardstick import Yardstick
from cutover.history import Moved
from cutover.resend import resent
from cutover.rollout import Rollout
from cutover.stages import Signal, Stage
from cutover.views import finite
from mirror.exchange import Side
from mirror.permission import uncopied
from policies.policy import Policy, Terms
from policies.policy import Rollout as Declared

BATCH = 1_000
REFRESH_US = 30 * SECOND_US
"""A rollout of which nothing is heard is looked at so often all the same: some things only the clock changes."""
LATE_S = 300
"""An exchange that waits longer than this for its comparison is a gap in the evidence."""

COMPARING = (Stage.MIRROR, Stage.CANARY, Stage.LIVE)
"""The stages in which evidence grows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One epoch of an attempt: evidence of one is never mixed with another's. `spread` is that of its bets."""

    epoch: int
    stage: Stage
    step: int
    spread: Spread = EVENLY_SPREAD


@dataclass(slots=True)
class Dossier:
    """One rollout's account of its present standing, and how far the ledger was read for it."""

    standing: Standing
    account: Account
    recorded: int = 0
    after_number: int = 0
    after_resent: int = 0
    charted: int = 0
    yardstick: Yardstick = field(default_factory=Yardstick)
    waiting: Waiting | None = None  # of the last look, None before the first
    taken: int = 0  # comparisons
    looked_us: int = 0
    again_us: int = 0

    def look(self, conn: Connection, rollout: Rollout, now_us: int) -> tuple[Views, str]:
        """What there is to judge now, and what is known to be missing ("" for nothing).

        Both from one read, the waiting exchanges first: what is in neither list is lost.
        """
        key, epoch = rollout.key, self.standing.epoch
        waiting = tuple(ledger.open_exchanges(conn, *key, epoch))
        while rows := ledger.since(conn, *key, epoch, self.after_number, BATCH):
            self._take(rows)
        return self._seen(waiting, rollout, now_us)

    def follow(self, news: News, rollout: Rollout, now_us: int) -> tuple[Views, str]:
        """What `look` tells, from news that `follows` finds to go on from the last look."""
        place = (*rollout.key, self.standing.epoch)
        rows = [row for row in news.rows.get(place, ()) if row.number > self.after_number]
        if rows:
            self._take(rows)
        return self._seen(news.waiting.get(place, ()), rollout, now_us)

    @property
    def heard(self) -> int:
        """Exchanges that were compared or wait to be."""
        return self.taken + len(self.waiting or ())

    def follows(self, news: News) -> bool:
        """Whether news tell all that came since the last look. A look of somebody's may be newer than they are."""
        return self.waiting is not None and self.after_number <= news.upto

    def quiet(self, news: News, rollout: Rollout, now_us: int) -> bool:
        """Whether a look would lead to nothing that the last one, which led to nothing, did not."""
        place = (*rollout.key, self.standing.epoch)
        if self.waiting is None or place in news.rows:
            return False
        # One that waits more makes nothing better or worse; one that waits no more may.
        same = news.waiting.get(place, ())[: len(self.waiting)] == self.waiting
        return same and self.looked_us <= now_us < self.again_us

    def take_resent(self, conn: Connection, rollout: Rollout) -> None:
        """Takes stored requests that were sent again since the last look, where the policy lets them count."""
        asked = self.account.book.rules.terms.low_traffic.resend is not None
        if not asked or self.standing.stage is not Stage.MIRROR:
            return
        rows = resent.since(conn, rollout.key, self.standing.epoch, self.after_resent)
        if rows:
            self.account.take(self.yardstick.measured(rows))
            self.after_resent = rows[-1].number

    def _take(self, rows: list[ledger.Row]) -> None:
        self.account.take(self._evidence(rows))
        self.taken += len(rows)
        self.after_number = rows[-1].number

    def _seen(self, waiting: Waiting, rollout: Rollout, now_us: int) -> tuple[Views, str]:
        late_us = now_us - LATE_S * SECOND_US
        late = sum(accepted_us < late_us for _, accepted_us in waiting)
        gap = (
            f"{late:,} exchanges wait over {LATE_S // 60} minutes for their comparison"
            if late
            else ""
        )
        views = self.account.look(waiting, now_us)
        due = [accepted_us + LATE_S * SECOND_US + 1 for _, accepted_us in waiting]
        due.append(self.account.book.next_us or now_us + REFRESH_US)
        due.append(rollout.since_us + self._soak_us())
        self.waiting, self.looked_us = waiting, now_us
        self.again_us = min([now_us + REFRESH_US, *[us for us in due if us > now_us]])
        return views, gap

    def _evidence(self, rows: list[ledger.Row]) -> list[ledger.Row]:
        """What counts of new comparisons. Where people are served, harm counts however it was measured."""
        measured = self.yardstick.measured(rows)
        return measured if self.standing.stage is Stage.MIRROR else rows

    def _soak_us(self) -> int:
        terms = self.account.book.rules.terms
        return round(terms.steps[_step(terms, self.standing)].soak_s * SECOND_US)

    def joined(self, views: Views, now_us: int) -> list[Observation]:
        """The sessions that joined at a look, in the order in which they count, to be recorded."""
        new = [
            Observation(
                self.recorded + place, session.id, session.start_us, now_us, session.told()
            )
            for place, session in enumerate(views.joined, start=1)
        ]
        self.recorded += len(new)
        return new

    def due(self, n: int) -> bool:
        """Whether a point after `n` sessions is far enough from the last one kept: about 100 for each factor of e."""
        due = n - self.charted >= max(1, self.charted // 100)
        self.charted = n if due else self.charted
        return due

    def next(self, rollout: Rollout, spread: Spread = EVENLY_SPREAD) -> Dossier:
        """The dossier of the standing that a move leads to, within the same attempt."""
        standing = Standing(rollout.epoch, rollout.stage, rollout.step, spread)
        step = _step(self.account.book.rules.terms, standing)
        account = self.account.next(standing.stage, step, spread.weights)
        return Dossier(standing, account, yardstick=self.yardstick.renewed())


def rules_of(policy: Policy, declared: Declared) -> Rules:
    """How exchanges become evidence for a rollout."""
    reask = policy.tenants[declared.tenant].reask
    basis = basis_of(declared.route, reask=reask)
    return Rules(policy.terms_of(declared), basis, uncopied(policy, declared, Side.PRIMARY))


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
        chains[-1].append(Standing(move.epoch, move.to_stage, step, recorded(moved.evidence)))
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
            account.next(standing.stage, step, standing.spread.weights)
            if account
            else Account.begin(rules, standing.stage, step, standing.spread.weights)
        )
        kept = course.observations(conn, rollout.key, standing.epoch)
        account.resume([retold(one.values) for one in kept])
        recorded = kept[-1].number if kept else 0
    assert account is not None
    first = ledger.first_comparators(conn, *rollout.key, [one.epoch for one in chain])
    return Dossier(chain[-1], account, recorded, yardstick=Yardstick(first))


def point(epoch: int, verdict: Verdict, at_us: int) -> Point:
    """A verdict as one point of the course."""
    levels = {
        gate.gate: {"for": finite(gate.for_log10), "against": finite(gate.against_log10)}
        for gate in verdict.gates
    }
    return Point(epoch, verdict.sessions, at_us, levels)


def _step(terms: Terms, standing: Standing) -> int:
    """The step's place in the policy of today, which may have fewer steps than that of the move."""
    return min(standing.step, len(terms.steps) - 1)
