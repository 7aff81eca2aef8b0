"""The store's tables of the signed log: what the signer signed, and what makes proofs cheap.

None of it must be believed: notes carry signatures, and the rest is computed again from the events.
Times are integer microseconds of UTC, hashes hex, `tenant` "" is the deployment's own log.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from mirror.journal.tables import metadata

# Drawn once; the first part of every log's origin. `one` is always 1.
deployment_id = Table(
    "deployment_id",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("id", String(16), nullable=False),
)

# Every checkpoint that was signed: how far a log had come, as a signed note.
log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "tenant", "at_us"),
)

# Complete subtrees, so that a proof out of a million events needs no million reads.
log_subtree = Table(
    "log_subtree",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
)

# One a log and hour, also of an hour in which nothing happened.
log_digest = Table(
    "log_digest",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("period_us", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),  # canonical JSON
    Column("note", Text, nullable=False),
)

# The signer's keys, all that there ever were. `until_us` 0 is the one that signs now.
signing_key = Table(
    "signing_key",
    metadata,
    Column("key_id", String(8), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("public", String(64), nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger, nullable=False),  # 0 for never
    Column(
        "statement", Text, nullable=False
    ),  # the note in which old and new key name each other
)

# Logs that the signer refuses to sign further, until a person decided.
log_refusal = Table(
    "log_refusal",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("since_us", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),  # how far it was signed
    Column("why", String(500), nullable=False),
)
