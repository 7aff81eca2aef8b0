"""The store's table of the wall clock of the controller that acts, in UTC microseconds: one row."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, String, Table

from mirror.journal.tables import metadata

clock = Table(
    "clock",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("boot", String(64), nullable=False),  # which start of a machine; "" not known
    Column("wall_us", BigInteger, nullable=False),  # when it was last looked at
    Column("apart_us", BigInteger, nullable=False),  # from the clock that only passes
    Column("off_us", BigInteger, nullable=False),  # how far it jumped; 0 for not at all
    Column("unsure", Boolean, nullable=False),  # that is reckoned from an absence
)
