"""The sessions that began at a canary step, and whose they were: counted from what was accepted.

All that proxies accepted counts, by time and whatever standing they obeyed: one with an old table
tells an old epoch. What a session's share gave it is on record with its first request, also where the
candidate was then kept from it, so a breaker, an emergency or a gap bends no count. Left out is who
was there before the step, or so soon after that a proxy may not have known of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Select, case, func, or_, select

from cutover.evidence.gates import Rules
from cutover.evidence.sample_ratio import SampleRatio
from cutover.evidence.sessions import SECOND_US
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.exchange import Side
from mirror.journal.tables import exchange
from mirror.share import part
from policies.policy import Terms

SOON_US = 10 * SECOND_US
"""They are counted no oftener, and only after a twentieth more was heard of: all of a step is read."""

FOLLOWED_US = 60 * SECOND_US
"""So long after its beginning every proxy has known of a step for long, by any clock."""

BEFORE_US = 3600 * SECOND_US
"""Who was there so long before that moment began before the step."""

_at = exchange.c


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The counts as of a moment, when so many exchanges of the standing had been `heard` of."""

    epoch: int = 0
    ratio: SampleRatio | None = None
    counted_us: int = 0
    heard: int = 0

    def followed(
        self,
        conn: Callable[[], Connection],
        rollout: Rollout,
        rules: Rules,
        heard: int,
        now_us: int,
    ) -> Newcomers:
        """The counts of now, or these where they still do. None outside canary."""
        if rollout.stage is not Stage.CANARY:
            return Newcomers()
        if self.epoch == rollout.epoch and not self._due(heard, now_us):
            return self
        counted = count(conn(), rollout, rules.terms)
        return Newcomers(rollout.epoch, counted, now_us, heard)

    def _due(self, heard: int, now_us: int) -> bool:
        past_us, more = now_us - self.counted_us, heard - self.heard
        if past_us < 0 or more < 0:
            return True
        return past_us >= SOON_US and 20 * more >= max(1, self.heard)


def count(conn: Connection, rollout: Rollout, terms: Terms) -> SampleRatio:
    """The sessions of a rollout's present step, all of them counted anew."""
    from_us = rollout.since_us + FOLLOWED_US
    before = sessions = given = 0
    kept: dict[str, int] = {}
    for row in conn.execute(_counts(rollout, from_us)):
        if not row.began:
            before += row.many
            continue
        sessions += row.many
        if row.given:
            given += row.many
            kept[row.why] = kept.get(row.why, 0) + row.many
    reasons = tuple(sorted((why, many) for why, many in kept.items() if why))
    share = part(rollout.share(terms.steps))
    return SampleRatio(share, sessions, given, reasons, before)


def _counts(rollout: Rollout, from_us: int) -> Select[tuple[bool, bool, str, int]]:
    """How many sessions there are of each kind; those that ended before the step are of none."""
    to_candidate = or_(_at.serving == Side.CANDIDATE.value, _at.kept != "")
    first_us = func.min(_at.accepted_us)
    each = (
        select(
            (first_us >= from_us).label("began"),
            # Given by its first request: what another table says later is another session's matter.
            (func.min(case((to_candidate, _at.accepted_us))) == first_us).label("given"),
            func.max(_at.kept).label("why"),
        )
        .where(_at.tenant == rollout.tenant, _at.route == rollout.route)
        .where(_at.epoch.in_(range(rollout.epoch + 1)))
        .where(_at.accepted_us >= from_us - BEFORE_US)
        .group_by(_at.session)
        .having(func.max(_at.accepted_us) >= from_us)
        .subquery()
    )
    kind = (each.c.began, func.coalesce(each.c.given, False).label("given"), each.c.why)
    return select(*kind, func.count().label("many")).group_by(*kind)
