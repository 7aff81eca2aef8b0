"""The mirrors of one pool, as the store has them: whose they are, and what their sessions told.

Numbers alone are read, the recorded observations of sessions. Tenants are alike where the policy has the
same route, models, gates and sessions for them; another candidate, another primary or a margin of its own is
another pool, and sessions that were recorded by another measure than today's count in none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, select

from compare import ledger
from cutover import tables
from cutover.evidence import course, stretches
from cutover.evidence.eprocess import MeanAbove
from cutover.evidence.gates import Rules
from cutover.evidence.measure import Measure, fits, measure_of
from cutover.evidence.observation import Session, retold
from cutover.people import CONTROLLER
from cutover.pooling.pooled import Part, Pooled, together
from cutover.stages import Signal, Stage

MOST_TENANTS = 50
"""So many tenants' mirrors are read, those that began first: enough to know a model by, and soon read."""

MOST_SESSIONS = 500
"""So many sessions of one mirror are read, its first."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What tenants must have in common to be of one pool. `terms` is the JSON of what is demanded."""

    route: str
    candidate: str
    primary: tuple[str, str]
    terms: str


@dataclass(slots=True)
class Mirror:
    """What was read of one tenant's mirror: `shown` is every gate's evidence for the model.

    `part` is what its first sessions show where only some of them count. `undone`: its attempt was rolled back, and
    no person has let the rollout go on since; `comparators` are those that it was compared with. `upto` is
    the number of the last of its sessions that was looked at.
    """

    tenant: str
    epoch: int
    shown: dict[str, MeanAbove]
    part: Part
    undone: bool = False
    comparators: str = ""
    upto: int = 0
    sessions: list[Session] = field(default_factory=list)

    @property
    def read(self) -> int:
        """How many of its sessions were read, and count."""
        return len(self.sessions)

    def take(self, sessions: Iterable[Session]) -> None:
        """Adds sessions, in the order of their numbers."""
        for session in sessions:
            self.sessions.append(session)
            for name, bad in session.badness.items():
                if name in self.shown:
                    self.shown[name] = self.shown[name].after([1 - bad])

    def first(self, rules: Rules, sessions: int) -> Part:
        """What its first sessions show, so many of them."""
        if sessions < self.part.sessions:
            self.part = Part.begin(rules)
        self.part = self.part.after(self.sessions[self.part.sessions : sessions])
        return self.part


def found(
    conn: Connection,
    alike: Alike,
    tenants: Collection[str],
    rules: Rules,
    known: Iterable[Mirror],
) -> list[Mirror]:
    """The mirrors of a pool up to now, the first to begin first, each with its sessions.

    Those that are `known` keep what was read of them.
    """
    before = {(one.tenant, one.epoch): one for one in known}
    mirrors: list[Mirror] = []
    chosen: set[str] = set()
    undone, measure = _undone(conn, alike.route), measure_of(rules)
    for row in _begun(conn, alike.route):
        if row.tenant not in tenants or _candidate(row) != alike.candidate:
            continue
        if (
            row.tenant not in chosen and len(chosen) > MOST_TENANTS
        ):  # who asks may be one of them
            continue
        chosen.add(row.tenant)
        one = before.get((row.tenant, row.epoch)) or _unread(row, rules)
        one.undone = (row.tenant, row.attempt) in undone
        one.take(_sessions(conn, alike.route, one, measure))
        one.comparators = one.comparators or ledger.first_comparators(
            conn, one.tenant, alike.route, [one.epoch]
        )
        mirrors.append(one)
    return mirrors


def again(
    conn: Connection, route: str, rules: Rules, pooled: Pooled, *, measured: bool = True
) -> Pooled:
    """What a pool shows, folded again from the recorded sessions that it names.

    Before measures were recorded (not `measured`), all that were there counted.
    """
    parts, measure = {}, measure_of(rules)
    for unit in pooled.units:
        counts = _counts(conn, (unit.tenant, route), unit.epoch, measure)
        kept = course.observations(conn, (unit.tenant, route), unit.epoch)
        told = [retold(one.values) for one in kept if not measured or counts(one.number)]
        sessions = told[: unit.sessions]
        parts[unit.tenant, unit.epoch] = Part.begin(rules).after(sessions)
    return together(parts, pooled.tenants, pooled.against)


def _unread(row: Any, rules: Rules) -> Mirror:
    every = rules.demands
    shown = {demand.name: MeanAbove(1 - demand.bar) for demand in every}
    return Mirror(row.tenant, row.epoch, shown, Part.begin(rules))


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
    ).all()


def _undone(conn: Connection, route: str) -> set[tuple[str, int]]:
    """The attempts of tenants that were rolled back, where no person has let the rollout go on since.

    That the controller tries again after a rest says nothing of why the first time was harmful.
    """
    of, found = tables.transition.c, set[tuple[str, int]]()
    moves = select(of.tenant, of.attempt, of.signal, of.actor).where(of.route == route)
    for tenant, attempt, signal, actor in conn.execute(moves.order_by(of.id)):
        if signal == Signal.ROLL_BACK:
            found.add((tenant, attempt))
        elif actor != CONTROLLER.name and signal != Signal.STOP:
            found = {one for one in found if one[0] != tenant}
    return found


def _candidate(row: Any) -> str:
    """Whose mirror it is: of one that began before this was recorded, known of the present attempt alone."""
    begins = json.loads(row.evidence or "{}").get("begins", {})
    now = row.candidate_now if row.attempt == row.attempt_now else ""
    return str(begins.get("candidate", now))


def _counts(
    conn: Connection, key: tuple[str, str], epoch: int, measure: Measure
) -> Callable[[int], bool]:
    """Whether the session of a number, of a mirror, is of that measure."""
    return fits(stretches.of(conn, key, epoch).get(epoch, ()), measure, Stage.MIRROR)


def _sessions(conn: Connection, route: str, mirror: Mirror, measure: Measure) -> list[Session]:
    """The recorded sessions of a mirror that were not looked at yet, without those of another measure."""
    table = tables.observation
    rows = conn.execute(
        select(table.c.number, table.c["values"])
        .where(table.c.tenant == mirror.tenant, table.c.route == route)
        .where(table.c.epoch == mirror.epoch)
        .where(table.c.number > mirror.upto, table.c.number <= MOST_SESSIONS)
        .order_by(table.c.number)
    ).all()
    if not rows:
        return []
    mirror.upto = rows[-1].number
    counts = _counts(conn, (mirror.tenant, route), mirror.epoch, measure)
    return [retold(json.loads(text)) for number, text in rows if counts(number)]
