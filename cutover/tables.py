"""The store's tables that the controller owns: rollouts, what moved them, who may, and the evidence.

Declared on the journal's metadata, so that a move and the event that reports it share one
transaction. Times are integer microseconds of UTC, shares are percents.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from mirror.journal.tables import metadata

OPEN = text("state = 'open'")
"""Proposals that wait, in words that both engines match with the index of just these."""

# Where each rollout stands. `version` grows with every write: the optimistic lock.
rollout = Table(
    "rollout",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("step", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("candidate", String(64), nullable=False),  # SHA-256 of what the policy declares
    Column("held_by", String(64), nullable=False),
    Column("hold_reason", String(500), nullable=False),
    Column("canary_share", Float, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False),
)

# Every move, append-only.
transition = Table(
    "transition",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("signal", String(16), nullable=False),
    Column("from_stage", String(16), nullable=False),
    Column("to_stage", String(16), nullable=False),
    Column("from_share", Float, nullable=False),
    Column("to_share", Float, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # canonical JSON: what was known at the move
    Index(None, "tenant", "route", "id"),
)

# What was proposed, frozen: the evidence it rests on is kept with its SHA-256.
proposal = Table(
    "proposal",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("signal", String(16), nullable=False),
    Column("from_share", Float, nullable=False),
    Column("to_share", Float, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("proposer_kind", String(8), nullable=False),
    Column("proposer", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("policy_sha256", String(64), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("evidence", Text, nullable=False),  # canonical JSON
    Column("evidence_sha256", String(64), nullable=False),
    Column("state", String(8), nullable=False),  # open, applied, void or rejected
    Column("why", Text, nullable=False),  # of its end
    Column("ticket", String(40), nullable=False),  # of a change; "" for none
    Index(None, "tenant", "route", "state"),
    Index("ix_proposal_open", "id", sqlite_where=OPEN, postgresql_where=OPEN),
)

# One person's yes to one proposal; used once.
approval = Table(
    "approval",
    metadata,
    Column("proposal_id", String(36), ForeignKey("proposal.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("ticket", String(40), nullable=False),
)

# Local users, with their roles for every tenant. A token is stored as its SHA-256 only.
person = Table(
    "person",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("roles", String(64), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("added_us", BigInteger, nullable=False),
)

# Which controller acts. `fence` grows with every change of hands.
lease = Table(
    "lease",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
)

# Upstreams that are sent nothing, and what goes to the primary whatever its stage.
drain = Table(
    "drain",
    metadata,
    Column("upstream", String(64), primary_key=True),
    Column("until_us", BigInteger, nullable=False),  # 0: until it is returned
    Column("by", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
emergency = Table(
    "emergency",
    metadata,
    Column("tenant", String(64), primary_key=True),  # "" for every one
    Column("route", String(16), primary_key=True),
    Column("by", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

# What was seen of upstreams' servers: their GPUs, and why only a part of the capacity is accepted.
server_condition = Table(
    "server_condition",
    metadata,
    Column("upstream", String(64), primary_key=True),
    Column("basis", String(64), nullable=False),  # SHA-256 of what the policy declares
    Column("gpus", Text, nullable=False),  # JSON: a sorted list
    Column("why", Text, nullable=False),  # "" where all of it is
    Column("since_us", BigInteger, nullable=False),
)

# Acceptance reports, a row for each route that one is of, append-only.
acceptance = Table(
    "acceptance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("candidate", String(64), nullable=False),  # the fingerprint of what was asked
    Column("targets", String(64), nullable=False),  # SHA-256 of what it was measured by
    Column("sha256", String(64), nullable=False),  # of the report
    Column("passed", Boolean, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "candidate", "targets", "at_us"),
)

# Freezes that people placed, and for how long people broke freezes.
freeze = Table(
    "freeze",
    metadata,
    Column("tenant", String(64), primary_key=True),  # "" for every one
    Column("route", String(16), primary_key=True),
    Column("kind", String(8), primary_key=True),  # placed or broken
    Column("until_us", BigInteger, nullable=False),  # 0: until it is lifted
    Column("by", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

# Exchanges that somebody reported: kept for good, and their rollouts are held while it is open.
incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # The reference keeps the exchange: no retention can delete its row.
    Column("exchange_id", String(36), ForeignKey("exchange.id"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("upstream", String(64), nullable=False),  # of the candidate then
    Column("model", String(200), nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("closed_by", String(64), nullable=False),
    Column("closed_reason", String(500), nullable=False),
    Column("closed_us", BigInteger, nullable=False),  # 0 while it is open
    Index(None, "exchange_id"),
    Index(None, "closed_us"),
)

# Rehearsed rollbacks, with their times; what has not happened is 0.
drill = Table(
    "drill",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("published_us", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),  # of the route table
    Column("followed_us", BigInteger, nullable=False),
    Column("proxies", Integer, nullable=False),
    Column("back_us", BigInteger, nullable=False),
    Column("back_version", BigInteger, nullable=False),
    Column("back_followed_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("why", String(500), nullable=False),  # it did not pass; "" where it did
    Index(None, "tenant", "route", "id"),
    Index(None, "ended_us"),
)

# Where notices go, by the variable of its address: who is about to send, and how that went before.
notice_to = Table(
    "notice_to",
    metadata,
    Column("destination", String(64), primary_key=True),
    Column("since_us", BigInteger, nullable=False),  # it is told of nothing before
    Column("owner", String(200), nullable=False),
    Column("until_us", BigInteger, nullable=False),  # nobody else sends before
    Column("failures", Integer, nullable=False),  # in a row
    Column("failing_since_us", BigInteger, nullable=False),  # 0 for not at all
)
# How far each tenant's log was told to it; a tenant with no row: not at all.
notice_told = Table(
    "notice_told",
    metadata,
    Column("destination", String(64), primary_key=True),
    Column("tenant", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# Fleet plans, with the rollouts that each was declared with: their number never changes.
plan = Table(
    "plan",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("rollouts", Text, nullable=False),  # JSON: a sorted list of TENANT/ROUTE
    Column("declared_us", BigInteger, nullable=False),
)

# Indices that were made anew with a candidate's vectors, append-only.
reindex = Table(
    "reindex",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("candidate", String(64), nullable=False),  # the fingerprint of the rollout's
    Column("attempt", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "tenant", "route", "id"),
)

# One closed session as evidence: what a verdict is recomputed from.
observation = Table(
    "observation",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("session", String(200), nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("closed_us", BigInteger, nullable=False),
    Column("values", Text, nullable=False),  # canonical JSON
    Index(None, "started_us"),
)

# The thinned course of the evidence, for pictures.
evidence_point = Table(
    "evidence_point",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("gates", Text, nullable=False),  # {gate: {"for": log10, "against": log10}}
)
