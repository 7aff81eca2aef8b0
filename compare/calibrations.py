"""Where the noise of rollouts is kept: what each exchange told of it, and the calibrations taken from it.

A sample holds figures alone, never a word. A calibration is never changed: a later one of the same
rollout takes its place, and comparisons made with each name theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)

from compare import noise
from compare.noise import Calibration, Cell, Sample
from mirror.journal.tables import metadata

MOST = 20_000
"""Samples that a calibration is taken from: the latest of a rollout."""

samples = Table(
    "noise_sample",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("exchange_id", String(36), ForeignKey("exchange.id"), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("encoder", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("length", String(8), nullable=False),
    Column("floor", Text, nullable=False),  # JSON object of signals
    Column("null", Text, nullable=False),
    Index(None, "tenant", "route", "id"),
)

calibrations = Table(
    "calibration",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(12), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("written", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "tenant", "route", "number"),
)


def add(conn: Connection, exchange_id: str, key: tuple[str, str], sample: Sample) -> None:
    """Keeps what one exchange of a tenant's route told; a second one of it is refused by the store."""
    cell = sample.cell
    conn.execute(
        insert(samples).values(
            exchange_id=exchange_id,
            tenant=key[0],
            route=key[1],
            encoder=cell.encoder,
            language=cell.language,
            length=cell.length,
            floor=json.dumps(dict(sample.floor)),
            null=json.dumps(dict(sample.null)),
        )
    )


def of(conn: Connection, tenant: str, route: str) -> list[Sample]:
    """The latest samples of a rollout, the newest first."""
    query = (
        select(samples)
        .where(samples.c.tenant == tenant, samples.c.route == route)
        .order_by(samples.c.id.desc())
        .limit(MOST)
    )
    return [
        Sample(
            Cell(row["encoder"], row["language"], row["length"]),
            json.loads(row["floor"]),
            json.loads(row["null"]),
        )
        for row in conn.execute(query).mappings()
    ]


def keep(conn: Connection, key: tuple[str, str], taken: Calibration, at_us: int) -> None:
    """From now on a rollout's answers are compared with this one."""
    values = {"id": taken.id, "tenant": key[0], "route": key[1], "written": taken.written()}
    conn.execute(insert(calibrations).values(**values, at_us=at_us))


def newest(conn: Connection) -> int:
    """The number of the calibration taken last, of any rollout; 0 where there is none."""
    return int(conn.execute(select(func.max(calibrations.c.number))).scalar_one() or 0)


def in_force(conn: Connection) -> Mapping[tuple[str, str], Calibration]:
    """The calibration of each rollout that has one, by tenant and route."""
    rows = conn.execute(select(calibrations).order_by(calibrations.c.number)).mappings()
    return {(row["tenant"], row["route"]): noise.read(row["written"]) for row in rows}
