"""What was measured last of each candidate, beside the targets of the policy.

Functions that take a connection work in the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Integer, String, Table, Text, func, select

from cutover import tables
from mirror.journal.store import insert_new
from mirror.journal.tables import metadata

AT_ONCE = 200
"""Candidates that are asked about at once."""

measured = Table(
    "acceptance_measured",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the report, as in `acceptance`
    Column("concurrency", Integer, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("rows", Text, nullable=False),  # JSON
)
_kept, _of = tables.acceptance.c, measured.c


@dataclass(frozen=True, slots=True)
class Measured:
    """The last report of a candidate: by which targets (their digest), and what each row measured, as JSON types.

    `rows` is empty and the numbers 0 of one that was kept before they were.
    """

    candidate: str
    sha256: str
    targets: str
    passed: bool
    at_us: int
    concurrency: int
    requests: int
    rows: tuple[Mapping[str, object], ...]


def keep(
    conn: Connection, sha256: str, concurrency: int, requests: int, rows: Sequence[object]
) -> None:
    """Keeps what a report measured; the same report again changes nothing."""
    values = {"sha256": sha256, "concurrency": concurrency, "requests": requests}
    insert_new(conn, measured, values | {"rows": json.dumps(list(rows))})


def last(conn: Connection, candidates: Collection[str]) -> dict[str, Measured]:
    """The newest report of each of these candidates, by whatever targets; one without any is left out."""
    found: dict[str, Measured] = {}
    wanted = sorted(set(candidates))
    for first in range(0, len(wanted), AT_ONCE):
        newest = (
            select(func.max(_kept.id))
            .where(_kept.candidate.in_(wanted[first : first + AT_ONCE]))
            .group_by(_kept.candidate)
        )
        query = (
            select(
                _kept.candidate, _kept.sha256, _kept.targets, _kept.passed, _kept.at_us,
                func.coalesce(_of.concurrency, 0).label("concurrency"),
                func.coalesce(_of.requests, 0).label("requests"),
                func.coalesce(_of.rows, "[]").label("rows"),
            )
            .select_from(tables.acceptance.outerjoin(measured, _of.sha256 == _kept.sha256))
            .where(_kept.id.in_(newest))
        )  # fmt: skip
        for row in conn.execute(query):
            rows = tuple(json.loads(row.rows))
            found[row.candidate] = Measured(**{**row._mapping, "rows": rows})
    return found
