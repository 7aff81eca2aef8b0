"""The store's tables of how people prove who they are. Times are integer microseconds of UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from mirror.journal.tables import metadata

# What a local user proves to be themselves with.
credential = Table(
    "credential",
    metadata,
    Column("name", String(64), ForeignKey("person.name"), primary_key=True),
    Column("password", String(256), nullable=False),  # an Argon2id hash
    Column("totp", LargeBinary, nullable=True),  # sealed; none where there is no app
    Column("totp_step", Integer, nullable=False),  # the last one that was used
    Column("set_us", BigInteger, nullable=False),
)

# Guesses in a row that no right one ended, counted for each place where one may guess.
guess = Table(
    "guess",
    metadata,
    Column("name", String(64), ForeignKey("person.name"), primary_key=True),
    Column("place", String(16), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_us", BigInteger, nullable=False),
)

# People who are signed in; a row is gone when they sign out.
sign_in = Table(
    "sign_in",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("name", String(64), ForeignKey("person.name"), nullable=False),
    Column("auth_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Index(None, "name"),
    Index(None, "expires_us"),
)
