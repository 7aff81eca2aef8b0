"""The evidence of one rollout, kept in memory between ticks and rebuilt from the store at a start.

What counts is the recorded sessions: each look first writes those that joined, so that a
controller that starts anew, here or elsewhere, comes to the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

from sqlalchemy import Connection

from compare import ledger
from cutover.evidence import checkpoint
from cutover.evidence.bets import EVENLY_SPREAD, Spread
from cutover.evidence.checkpoint import Checkpoint
from cutover.evidence.course import Observation, Point
from cutover.evidence.gates import basis_of
from cutover.evidence.measure import Bound, Measure, sentence
from cutover.evidence.news import News, Waiting
from cutover.evidence.observation import Rules
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.standing import COMPARING, Standing, attempts, standings
from cutover.evidence.stretches import Begun
from cutover.evidence.tally import Account, Views
from cutover.evidence.verdict import Verdict
from cutover.evidence.yardstick import Yardstick
from cutover.history import Key
from cutover.resend import resent
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.views import finite
from mirror.exchange import Side
from mirror.permission import uncopied
from policies.policy import Policy
from policies.policy import Rollout as Declared

__all__ = [
    "COMPARING",
    "Dossier",
    "Standing",
    "attempts",
    "point",
    "rules_of",
    "standings",
]

BATCH = 1_000
REFRESH_US = 30 * SECOND_US
"""A rollout of which nothing is heard is looked at so often all the same: some things only the clock changes."""
LATE_S = 300
"""An exchange that waits longer than this for its comparison is a gap in the evidence."""


@dataclass(slots=True)
class Dossier:
    """One rollout's account of its present standing, and how far the ledger was read for it."""

    standing: Standing
    account: Account
    recorded: int = 0
    bound: Bound = field(default_factory=lambda: Bound(Measure({}), Stage.MIRROR))
    after_number: int = 0
    after_resent: int = 0
    charted: int = 0
    checked: int = 0  # sessions of the last checkpoint
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
        while self.catch_up(conn, key):
            pass
        return self._seen(waiting, rollout, now_us)

    def catch_up(self, conn: Connection, key: Key) -> bool:
        """Takes what was compared and is not read yet, BATCH of it at most; whether there is more."""
        rows = ledger.since(conn, *key, self.standing.epoch, self.after_number, BATCH)
        if rows:
            self._take(rows)
        return len(rows) == BATCH

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
        again_us = REFRESH_US
        if (
            self.waiting is None
        ):  # thousands are read at once, and shall not all come again at once
            again_us -= crc32("/".join(rollout.key).encode()) % (REFRESH_US - SECOND_US)
        self.waiting, self.looked_us = waiting, now_us
        self.again_us = min([now_us + again_us, *[us for us in due if us > now_us]])
        return views, gap

    def _evidence(self, rows: list[ledger.Row]) -> list[ledger.Row]:
        """What counts of new comparisons. Where people are served, harm counts however it was measured."""
        measured = self.yardstick.measured(rows)
        return measured if self.standing.stage is Stage.MIRROR else rows

    def _soak_us(self) -> int:
        terms = self.account.book.rules.terms
        return round(terms.steps[self.standing.step_of(terms)].soak_s * SECOND_US)

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

    def checkpoint(self, key: Key, now_us: int) -> Checkpoint | None:
        """The evidence of now, to be kept where much has joined it since the last time; else None.

        What has not closed yet is read again by who takes it back, and so all that was compared since.
        """
        if self.recorded - self.checked < max(
            checkpoint.EVERY, self.recorded // checkpoint.PART
        ):
            return None
        self.checked, book = self.recorded, self.account.book
        rows = [row for one in book.running.values() for row in one.rows]
        unclosed = [row.number for row in rows if isinstance(row, ledger.Row)]
        return Checkpoint(
            *key,
            epoch=self.standing.epoch,
            number=self.recorded,
            after_number=min([self.after_number, *[number - 1 for number in unclosed]]),
            basis=checkpoint.basis_of(book.rules, self.standing),
            policy_sha256=self.bound.policy_sha256,
            body=checkpoint.said(self.account, self.yardstick, self.taken),
            at_us=now_us,
        )

    def begun(self, rollout: Rollout, now_us: int) -> list[Begun]:
        """The stretches of another measure that began and are not recorded yet, each told once."""
        bound, place = self.bound, len(self.bound.begins) - 1
        begun = [
            Begun(rollout, one, now_us, bound.changed if number == place else ())
            for number, one in enumerate(bound.begins)
        ]
        bound.begins = ()
        return begun

    @property
    def unlike(self) -> str:
        """Says that sessions count otherwise today than what mirror showed, and by which keys; else ""."""
        return sentence(self.bound.unlike)

    def due(self, n: int) -> bool:
        """Whether a point after `n` sessions is far enough from the last one kept: about 100 for each factor of e."""
        due = n - self.charted >= max(1, self.charted // 100)
        self.charted = n if due else self.charted
        return due

    def next(self, rollout: Rollout, spread: Spread = EVENLY_SPREAD) -> Dossier:
        """The dossier of the standing that a move leads to, within the same attempt."""
        standing = Standing(rollout.epoch, rollout.stage, rollout.step, spread, rollout.attempt)
        step = standing.step_of(self.account.book.rules.terms)
        account = self.account.next(standing.stage, step, spread.weights)
        bound = self.bound.next(standing.epoch, standing.stage)
        return Dossier(standing, account, bound=bound, yardstick=self.yardstick.renewed())


def rules_of(policy: Policy, declared: Declared) -> Rules:
    """How exchanges become evidence for a rollout."""
    reask = policy.tenants[declared.tenant].reask
    basis = basis_of(declared.route, reask=reask)
    return Rules(policy.terms_of(declared), basis, uncopied(policy, declared, Side.PRIMARY))


def point(epoch: int, verdict: Verdict, at_us: int) -> Point:
    """A verdict as one point of the course."""
    levels = {
        gate.gate: {"for": finite(gate.for_log10), "against": finite(gate.against_log10)}
        for gate in verdict.gates
    }
    return Point(epoch, verdict.sessions, at_us, levels)
