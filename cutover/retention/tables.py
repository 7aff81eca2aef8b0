"""The store's table of legal holds. Times are integer microseconds of UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from mirror.journal.tables import metadata

# What may not be erased while it stands, whoever asks. Empty or 0 is no limit of its scope.
legal_hold = Table(
    "legal_hold",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("exchange_id", String(36), nullable=False),
    Column("subject", String(20), nullable=False),
    Column("from_us", BigInteger, nullable=False),  # of when a request was accepted
    Column("until_us", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("lifted_by", String(64), nullable=False),
    Column("lifted_reason", String(500), nullable=False),
    Column("lifted_us", BigInteger, nullable=False),  # 0 while it stands
    Index(None, "tenant", "lifted_us"),
)
