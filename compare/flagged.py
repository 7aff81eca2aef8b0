"""Which comparisons have which flags, so that among a million they are found by one: codes and severities, no words."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Index, Integer, String, Table, insert

from compare.comparison import Flag
from mirror.journal.tables import metadata

flagged = Table(
    "comparison_flag",
    metadata,
    Column("number", Integer, primary_key=True),  # of the comparison
    Column("code", String(64), primary_key=True),
    Column("severity", String(8), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Index(None, "code", "number"),
    Index(None, "severity", "number"),
    Index(None, "tenant", "code", "number"),
    Index(None, "tenant", "severity", "number"),
)


def record(conn: Connection, number: int, key: tuple[str, str], flags: Iterable[Flag]) -> None:
    """Writes the flags of a comparison of a tenant and route; one that is found twice in it is written once."""
    kinds = {(flag.code, flag.severity.value) for flag in flags}
    rows = [
        {
            "number": number,
            "code": code,
            "severity": severity,
            "tenant": key[0],
            "route": key[1],
        }
        for code, severity in sorted(kinds)
    ]
    if rows:
        conn.execute(insert(flagged), rows)
