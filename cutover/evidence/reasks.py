"""How often a rollout's primary was asked again: today, for the budget, and ever, for the first burst.

Counting costs a question to the store, so it is done when the answer could matter: after as many
exchanges as are missing from the burst, or half of what is left of the day's budget, and every minute.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from cutover.evidence.gates import Basis
from cutover.evidence.observation import Rules
from cutover.evidence.sessions import SECOND_US
from cutover.history import Key
from cutover.rollout import Rollout
from mirror.exchange import End, Leg
from mirror.journal import tables

DAY_US = 86_400 * SECOND_US
SOON_US, LATEST_US = 10 * SECOND_US, 60 * SECOND_US

_exchange, _reply = tables.exchange.c, tables.reply.c
_OF_ROLLOUT = (
    _exchange.tenant == bindparam("of_tenant"),
    _exchange.route == bindparam("of_route"),
)
_TODAY = (
    select(func.count())
    .select_from(tables.exchange)
    .where(*_OF_ROLLOUT, tables.REASKED, _exchange.accepted_us >= bindparam("since_us"))
)
_ANSWERED = (
    select(_exchange.id)
    .join(tables.reply, _reply.exchange_id == _exchange.id)
    .where(*_OF_ROLLOUT, tables.REASKED, _reply.leg == Leg.REASK, _reply.end == End.COMPLETE)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Reasks:
    """The counts as of a moment, when so many exchanges of the standing had been `heard` of.

    `today` (UTC) counts those that are to be asked again, `missing` the second answers that the
    burst still lacks, None before the first count.
    """

    counted_us: int = 0
    today: int = 0
    missing: int | None = None
    heard: int = 0

    @property
    def burst_done(self) -> bool:
        """Whether the primary was asked again often enough to know its noise."""
        return self.missing == 0

    @property
    def known(self) -> int | None:
        """How many there were today; None before the first count."""
        return None if self.missing is None else self.today

    def spent(self, rules: Rules, now_us: int) -> int:
        """How many there may be a day, where today's are used up; 0 where some are left, or none are made."""
        most = rules.terms.sampling.reask_max_per_day
        of_today = self.counted_us // DAY_US == now_us // DAY_US
        return most if rules.basis is Basis.NOISE and of_today and self.today >= most else 0

    def due(self, rules: Rules, heard: int, now_us: int) -> bool:
        """Whether to count again."""
        past_us, more = now_us - self.counted_us, heard - self.heard
        if self.missing is None or not 0 <= past_us < LATEST_US or more < 0:
            return True
        left = max(0, rules.terms.sampling.reask_max_per_day - self.today)
        return 0 < self.missing <= more or (past_us >= SOON_US and 2 * more >= max(1, left))

    def recounted(
        self, conn: Connection, rules: Rules, rollout: Rollout, heard: int, now_us: int
    ) -> Reasks:
        """The counts of now."""
        missing = 0
        if rules.basis is Basis.NOISE and self.missing != 0:
            burst = rules.terms.sampling.reask_burst
            asked = {**_of(rollout.key), "most": burst}
            missing = burst - len(conn.execute(_ANSWERED, asked).all())
        return Reasks(now_us, today(conn, rollout.key, now_us), missing, heard)


def today(conn: Connection, key: Key, now_us: int) -> int:
    """How many exchanges of a rollout accepted since midnight (UTC) have the primary asked again."""
    asked = {**_of(key), "since_us": now_us - now_us % DAY_US}
    return int(conn.execute(_TODAY, asked).scalar_one())


def _of(key: Key) -> dict[str, object]:
    return {"of_tenant": key[0], "of_route": key[1]}
