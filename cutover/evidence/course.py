"""The recorded evidence of a rollout: one row a closed session, and the thinned course for pictures.

A verdict can be computed again from the sessions alone, in the order of their numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic_core import from_json
from sqlalchemy import Connection, func, insert, select

from cutover import tables
from cutover.evidence import checkpoint, stretches
from cutover.evidence.checkpoint import Checkpoint
from cutover.evidence.gates import alarm_level
from cutover.evidence.stretches import Begun
from cutover.history import Key
from mirror.journal.store import insert_all_new
from policies.policy import Terms

DAY_US = 86_400_000_000
RECOUNT_US = 600_000_000
POINTS = 300
"""At most this many points of a rollout's course are told."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One closed session as evidence. `values` is what each gate saw, as JSON types."""

    number: int
    session: str
    started_us: int
    closed_us: int
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class Point:
    """The evidence after `n` sessions: log10 of each gate's e-values, for and against."""

    epoch: int
    n: int
    at_us: int
    gates: dict[str, dict[str, float]]


def _observation(key: Key, epoch: int, one: Observation) -> dict[str, object]:
    return {
        "tenant": key[0],
        "route": key[1],
        "epoch": epoch,
        "number": one.number,
        "session": one.session,
        "started_us": one.started_us,
        "closed_us": one.closed_us,
        "values": json.dumps(one.values, sort_keys=True),
    }


@dataclass(slots=True)
class Evidence:
    """What joined one rollout's evidence and is still to be written. False while there is nothing."""

    observations: list[Mapping[str, object]] = field(default_factory=list)
    points: list[Mapping[str, object]] = field(default_factory=list)
    begun: list[Begun] = field(default_factory=list)
    checkpoint: Checkpoint | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.observations or self.points or self.begun)

    def add(self, key: Key, epoch: int, joined: Iterable[Observation]) -> None:
        """Adds closed sessions of a standing."""
        self.observations += [_observation(key, epoch, one) for one in joined]

    def add_point(self, key: Key, point: Point) -> None:
        """Adds a point of the course."""
        self.points.append(_point(key, point))


def write(conn: Connection, evidence: Iterable[Evidence]) -> None:
    """Writes the evidence of some rollouts, together. A number that is there already is refused."""
    some = list(evidence)
    stretches.write(conn, [one for each in some for one in each.begun])
    if joined := [one for each in some for one in each.observations]:
        conn.execute(insert(tables.observation), joined)
    if points := [one for each in some for one in each.points]:
        insert_all_new(conn, tables.evidence_point, points)
    checkpoint.write(conn, [each.checkpoint for each in some if each.checkpoint])


def observations(
    conn: Connection, key: Key, epoch: int, after: int = 0, limit: int | None = None
) -> list[Observation]:
    """The closed sessions of a standing numbered above `after`, in the order of their numbers, at most `limit`."""
    table = tables.observation
    rows = conn.execute(
        select(table)
        .where(table.c.tenant == key[0], table.c.route == key[1], table.c.epoch == epoch)
        .where(table.c.number > after)
        .order_by(table.c.number)
        .limit(limit)
    )
    return [
        Observation(row.number, row.session, row.started_us, row.closed_us, _values(row.values))
        for row in rows.all()
    ]


def _values(text: str) -> dict[str, object]:
    """What a session says; the names in it, alike in a hundred thousand of them, are held once."""
    told: dict[str, object] = from_json(text, cache_strings="keys")
    return told


def sessions(conn: Connection, key: Key, epoch: int) -> int:
    """How many closed sessions of a standing are recorded: the number of the last."""
    table = tables.observation
    mine = (table.c.tenant == key[0], table.c.route == key[1], table.c.epoch == epoch)
    found = conn.execute(select(func.max(table.c.number)).where(*mine))
    return int(found.scalar_one() or 0)


@dataclass(slots=True)
class Traffic:
    """How many sessions the fleet has in a day, counted anew every ten minutes; in production alone, where it matters."""

    production: bool
    _counted_us: int = 0
    _a_day: float = 0.0

    def look(self, conn: Connection, now_us: int) -> None:
        """Counts those that started in the last day and are recorded, when it is time again."""
        if self.production and abs(now_us - self._counted_us) > RECOUNT_US:
            self._counted_us = now_us
            self._a_day = float(sessions_since(conn, now_us - DAY_US))

    def alarm(self, terms: Terms, *, live: bool) -> float:
        """The level of the live detectors, from the fleet's sessions of the last day."""
        a_day = self._a_day if live else 0.0
        return alarm_level(terms, fleet_sessions_a_day=a_day, production=self.production)


def sessions_since(conn: Connection, since_us: int) -> int:
    """How many sessions of all rollouts started since then and are recorded."""
    table = tables.observation
    found = conn.execute(
        select(func.count()).select_from(table).where(table.c.started_us >= since_us)
    )
    return int(found.scalar_one())


def _point(key: Key, point: Point) -> dict[str, object]:
    return {
        "tenant": key[0],
        "route": key[1],
        "epoch": point.epoch,
        "n": point.n,
        "at_us": point.at_us,
        "gates": json.dumps(point.gates, sort_keys=True),
    }


def points(conn: Connection, key: Key, since_epoch: int = 0) -> list[Point]:
    """The course since a standing, thinned evenly to at most POINTS; the newest always stays."""
    table = tables.evidence_point
    rows = conn.execute(
        select(table)
        .where(table.c.tenant == key[0], table.c.route == key[1], table.c.epoch >= since_epoch)
        .order_by(table.c.epoch, table.c.n)
    ).all()
    stride = -(-len(rows) // POINTS) or 1
    kept = rows[::-1][::stride][::-1]
    return [Point(row.epoch, row.n, row.at_us, json.loads(row.gates)) for row in kept]
