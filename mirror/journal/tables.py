"""The store's tables that the journal owns: exchanges, replies, work, events and spool positions.

`compare.ledger` and `cutover.history` add theirs to the same metadata, so that one transaction can
hold a state change and the event that reports it. Times are integer microseconds of UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

KEPT = text("purged_us IS NULL")
"""Exchanges whose payloads are there, in words that both engines match with the index of just these."""

WHOSE = text("subject <> ''")
"""Exchanges of which is known whose they are, in the same way."""

PENDING = text("outcome = 'pending'")
"""Exchanges without an outcome, in words that both engines match with the index of just these."""

SHED = text("outcome = 'shed'")
"""Exchanges whose copy was given up, in the same way."""

ALONE = text("unpaired <> ''")
"""Comparisons of one answer alone, in the same way."""

REASKED = text("reask")
"""Exchanges whose primary is asked again, in the same way."""

# One accepted request of a rollout. `outcome` and `reason` are the ledger of promise 3.
exchange = Table(
    "exchange",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("session", String(200), nullable=False),
    Column("accepted_us", BigInteger, nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(200), nullable=False),
    Column("requested_model", String(200), nullable=False),
    Column("streaming", Boolean, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("serving", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("reask", Boolean, nullable=False),
    Column("headers", Text, nullable=False),  # JSON, allow-listed names only
    Column("body", LargeBinary, nullable=False),  # sealed
    # Why the candidate was not to answer a session that its share gave to it; "" where it was, or none was.
    Column("kept", String(32), nullable=False),
    # The patient's pseudonym; "" where none was told.
    Column("subject", String(20), nullable=False, server_default=""),
    # That of the body; "" where it was recorded by a version without one.
    Column("commitment", String(64), nullable=False, server_default=""),
    Column("purged_us", BigInteger),  # when its payloads were erased, or kept no longer
    Index(
        "ix_exchange_kept", *("tenant", "accepted_us"), sqlite_where=KEPT, postgresql_where=KEPT
    ),
    Index(
        "ix_exchange_subject",
        *("tenant", "subject", "accepted_us"),
        sqlite_where=WHOSE,
        postgresql_where=WHOSE,
    ),
    Index(None, "tenant", "route", "outcome", "reason"),
    # Whose every session was is counted from this alone, without the rows and their bodies.
    Index(
        "ix_exchange_served",
        *("tenant", "route", "epoch", "accepted_us", "session", "serving", "kept"),
    ),
    Index("ix_exchange_pending", "accepted_us", sqlite_where=PENDING, postgresql_where=PENDING),
    Index(
        "ix_exchange_shed",
        *("tenant", "route", "reason"),
        sqlite_where=SHED,
        postgresql_where=SHED,
    ),
    Index(
        "ix_exchange_reasked",
        *("tenant", "route", "accepted_us"),
        sqlite_where=REASKED,
        postgresql_where=REASKED,
    ),
)

# What a leg answered. An exchange has at most one reply a leg.
reply = Table(
    "reply",
    metadata,
    Column("exchange_id", String(36), ForeignKey("exchange.id"), primary_key=True),
    Column("leg", String(8), primary_key=True),
    Column("side", String(16), nullable=False),
    Column("upstream", String(64), nullable=False),
    Column("location", String(8), nullable=False),
    Column("model", String(200), nullable=False),
    Column("sent_us", BigInteger, nullable=False),
    Column("end", String(16), nullable=False),
    Column("status", Integer),
    Column("error", String(500), nullable=False),
    Column("total_us", BigInteger, nullable=False),
    Column("first_byte_us", BigInteger),
    Column("first_token_us", BigInteger),
    Column("content_type", String(200), nullable=False),
    Column("content_encoding", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed
    Column("body_cut", Boolean, nullable=False),
    Column("served_model", String(200), nullable=False),
    Column("served_by", String(200), nullable=False),
    Column("failed_over", Text, nullable=False),  # JSON list of attempts
    Column("facts", Text, nullable=False),  # JSON list of [name, value, source]: who answered
    Column("other", String(300), nullable=False),  # why it was not the declared candidate
    Column("pace", Text, nullable=False),  # JSON of mirror.pace; "" for no stream with words
)

# The work queue: a row is claimed with a lease and deleted in the transaction that finishes it.
work = Table(
    "work",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String(8), nullable=False),  # shadow, reask or score
    Column("exchange_id", String(36), ForeignKey("exchange.id"), nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("leased_until_us", BigInteger, nullable=False, default=0),
    Column("owner", String(64), nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    UniqueConstraint("kind", "exchange_id"),
    Index(None, "kind", "due_us"),
)

# The event log: one sequence a tenant ("" is the deployment's own), hash-linked, append-only.
event = Table(
    "event",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("type", String(64), nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON (RFC 8785)
    Column("leaf", String(64), nullable=False),  # SHA-256(0x00 || body), RFC 6962
    Column("prev", String(64), nullable=False),  # the leaf before it; it stands in the body too
    Index(None, "type", "at_us"),
    Index(None, "at_us"),
    Index(None, "tenant", "at_us"),
    Index(None, "tenant", "type", "at_us"),
)

# Accepted by a proxy whose spool folder has not told the end yet: what a killed process leaves behind.
in_flight = Table(
    "in_flight",
    metadata,
    Column("exchange_id", String(36), ForeignKey("exchange.id"), primary_key=True),
    Column("spool", String(200), nullable=False),
    Index(None, "spool"),
)

# Requests to the cloud whose end is not told yet: what a killed process leaves on the egress record.
egress_open = Table(
    "egress_open",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("spool", String(200), nullable=False),
    Column("intent", Text, nullable=False),  # JSON
    Index(None, "spool"),
)

# Circuit breakers that are open, by the spool folder of the process that has it.
breaker = Table(
    "breaker",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("upstream", String(64), primary_key=True),
    Column("spool", String(200), primary_key=True),
    Column("since_us", BigInteger, nullable=False),
    Index(None, "spool"),
)

# Another than the declared candidate answered; open while `last_us` is after `answered_us`.
sighting = Table(
    "sighting",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("upstream", String(64), primary_key=True),
    Column("what", String(300), primary_key=True),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("replies", Integer, nullable=False),
    Column("answered_us", BigInteger, nullable=False),  # by a person; 0 for never
)

# What copies cost on a UTC day (its number since 1970), and what the candidate's answers saved.
spending = Table(
    "spending",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("leg", String(8), primary_key=True),  # shadow, reask or avoided
    Column("upstream", String(64), primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("millionths", BigInteger, nullable=False),
    Column("legs", Integer, nullable=False),
    Column("estimated", Integer, nullable=False),
)

# How far the drainer has read each spool segment: moved in the transaction that stores its records.
spool_position = Table(
    "spool_position",
    metadata,
    Column("segment", String(200), primary_key=True),
    Column("offset", BigInteger, nullable=False),
)

# What the controller published last, for the proxies of other machines; the version has its fence.
route_table = Table(
    "route_table",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON, as in the file that proxies read
)
