"""The store's tables of who may do what, what people said no to, and what was only tried.

Beside those of `tables`, on the same metadata. Times are integer microseconds of UTC, shares are percents.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from mirror.journal.tables import metadata

# One person's no to a proposal, and that it was taken back; a proposal ends with it.
rejection = Table(
    "rejection",
    metadata,
    Column("proposal_id", String(36), ForeignKey("proposal.id"), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("sessions", Integer, nullable=False),  # the evidence had then
    Column("withdrawn_us", BigInteger, nullable=False),  # 0 while it stands
    Index(None, "withdrawn_us"),
)

# Roles of a user for one tenant alone.
tenant_role = Table(
    "tenant_role",
    metadata,
    Column("name", String(64), ForeignKey("person.name"), primary_key=True),
    Column("tenant", String(64), primary_key=True),
    Column("role", String(32), primary_key=True),
)

# What would have been done in a dry run, once in each standing.
would_be = Table(
    "would_be",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("signal", String(16), primary_key=True),
    Column("from_share", Float, nullable=False),
    Column("to_share", Float, nullable=False),
    Column("needed", Integer, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # canonical JSON
)

# Pairs that clinical reviewers read of an attempt, as they were drawn, and their labels.
sign_off = Table(
    "sign_off",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("seed", String(64), nullable=False),
    Column("of", Integer, nullable=False),  # so many pairs there were to draw from
    Column("drawn_us", BigInteger, nullable=False),
)
sign_off_pair = Table(
    "sign_off_pair",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    # The reference keeps the exchange: no retention can delete its row.
    Column("exchange_id", String(36), ForeignKey("exchange.id"), nullable=False, unique=True),
    Column("why", String(8), nullable=False),
)
sign_off_label = Table(
    "sign_off_label",
    metadata,
    Column("exchange_id", String(36), ForeignKey("exchange.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("label", String(16), nullable=False),
    Column("note", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

# What people said of comparisons, append-only: of one person's the latest counts.
comparison_label = Table(
    "comparison_label",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("number", Integer, nullable=False),  # of the comparison
    Column("exchange_id", String(36), ForeignKey("exchange.id"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    Column("label", String(16), nullable=False),
    Column("note", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "number"),
)

# Answers to requests with an `Idempotency-Key`, for a day, sealed.
answered = Table(
    "answered",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("answer", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "at_us"),
)
