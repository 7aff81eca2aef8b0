"""The store's table of exports that people ask for. Times are integer microseconds of UTC, 0 for never."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from mirror.journal.tables import metadata

# One order each, from being asked for to the end of its bundle; never deleted.
export_order = Table(
    "export_order",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False),
    Column("tenant", String(64), nullable=False),  # "" for the deployment's own log
    Column("from_us", BigInteger, nullable=False),
    Column("to_us", BigInteger, nullable=False),
    Column("profile", String(16), nullable=False),
    Column("purpose", String(500), nullable=False),
    Column("ticket", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("requested_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),  # 0 where it waits for nobody
    Column("approved_by", String(64), nullable=False),
    Column("approved_us", BigInteger, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("ended_by", String(64), nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("reason", String(500), nullable=False),  # why it ended so, or what it waits for
    Column("sha256", String(64), nullable=False),  # of the whole bundle
    Column("bytes", BigInteger, nullable=False),
    Column("deleted_us", BigInteger, nullable=False),  # the bundle's, not the order's
    Index(None, "id", unique=True),
    Index(None, "tenant", "number"),
    Index(None, "state", "number"),
)
