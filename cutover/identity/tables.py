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
    UniqueConstraint,
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

# People of a provider (OpenID Connect): who of it a name is. No subject is ever another name.
federated = Table(
    "federated",
    metadata,
    Column("name", String(64), ForeignKey("person.name"), primary_key=True),
    Column("issuer", String(500), nullable=False),
    Column("subject", String(255), nullable=False),
    UniqueConstraint("issuer", "subject"),
)

# Sign-ins at the provider that came back, until the dashboard took them over, and for as long as they could be sent again.
handover = Table(
    "handover",
    metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("state_sha256", String(64), nullable=False, unique=True),
    Column("browser_sha256", String(64), nullable=False),
    Column("name", String(64), ForeignKey("person.name"), nullable=False),
    Column("auth_us", BigInteger, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("taken_us", BigInteger, nullable=False),  # 0 until then
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
