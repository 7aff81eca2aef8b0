"""The log is signed: checkpoints, subtrees, digests, keys, and what is not signed any further."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _words(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def upgrade() -> None:
    """Add the tables of the signed log. The signer fills them from the events that are there."""
    op.create_table(
        "deployment_id",
        sa.Column("one", sa.Integer, autoincrement=False, nullable=False),
        _words("id", 16),
        sa.PrimaryKeyConstraint("one", name="pk_deployment_id"),
    )
    op.create_table(
        "log_checkpoint",
        _words("tenant", 64),
        sa.Column("size", sa.BigInteger, autoincrement=False, nullable=False),
        _words("root", 64),
        _number("at_us"),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "size", name="pk_log_checkpoint"),
    )
    op.create_index("ix_log_checkpoint_tenant_at_us", "log_checkpoint", ["tenant", "at_us"])
    op.create_table(
        "log_subtree",
        _words("tenant", 64),
        sa.Column("level", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger, autoincrement=False, nullable=False),
        _words("hash", 64),
        sa.PrimaryKeyConstraint("tenant", "level", "index", name="pk_log_subtree"),
    )
    op.create_table(
        "log_digest",
        _words("tenant", 64),
        sa.Column("period_us", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "period_us", name="pk_log_digest"),
    )
    op.create_table(
        "signing_key",
        _words("key_id", 8),
        _words("name", 64),
        _words("public", 64),
        _number("since_us"),
        _number("until_us"),
        _number("revoked_us"),
        sa.Column("statement", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_signing_key"),
    )
    op.create_table(
        "log_refusal",
        _words("tenant", 64),
        _number("since_us"),
        _number("size"),
        _words("why", 500),
        sa.PrimaryKeyConstraint("tenant", name="pk_log_refusal"),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in ("log_refusal", "signing_key", "log_digest", "log_subtree"):
        op.drop_table(name)
    op.drop_index("ix_log_checkpoint_tenant_at_us", "log_checkpoint")
    op.drop_table("log_checkpoint")
    op.drop_table("deployment_id")
