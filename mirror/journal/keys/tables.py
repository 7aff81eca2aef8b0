"""The store's table of data keys. Times are integer microseconds of UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from mirror.journal.tables import metadata

# What seals one tenant's payloads of one month of UTC, wrapped with the tenant's key `kek`.
payload_key = Table(
    "payload_key",
    metadata,
    Column("id", String(16), primary_key=True),  # hex; it stands in what it sealed
    Column("tenant", String(64), nullable=False),
    Column("month", Integer, nullable=False),  # year * 100 + month
    Column("kek", String(64), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),  # empty once it is destroyed
    Column("made_us", BigInteger, nullable=False),
    Column("destroyed_us", BigInteger),
    Index(None, "tenant", "month"),
)

# Which pepper a tenant's pseudonyms are made with, by its fingerprint.
pepper_known = Table(
    "pepper_known",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("fingerprint", String(16), nullable=False),  # hex; it tells nothing of the pepper
    Column("seen_us", BigInteger, nullable=False),
)
