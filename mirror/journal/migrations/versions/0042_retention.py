"""Whose an exchange is, when its payloads were erased, and legal holds."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

KEPT = sa.text("purged_us IS NULL")
WHOSE = sa.text("subject <> ''")


def upgrade() -> None:
    """Add the columns with their indexes, and the table."""
    op.add_column(
        "exchange", sa.Column("subject", sa.String(20), nullable=False, server_default="")
    )
    op.add_column("exchange", sa.Column("purged_us", sa.BigInteger))
    op.create_index(
        "ix_exchange_kept",
        "exchange",
        ["tenant", "accepted_us"],
        sqlite_where=KEPT,
        postgresql_where=KEPT,
    )
    op.create_index(
        "ix_exchange_subject",
        "exchange",
        ["tenant", "subject", "accepted_us"],
        sqlite_where=WHOSE,
        postgresql_where=WHOSE,
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("exchange_id", sa.String(36), nullable=False),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("from_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("lifted_by", sa.String(64), nullable=False),
        sa.Column("lifted_reason", sa.String(500), nullable=False),
        sa.Column("lifted_us", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_legal_hold_tenant_lifted_us", "legal_hold", ["tenant", "lifted_us"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("legal_hold")
    op.drop_index("ix_exchange_subject", "exchange")
    op.drop_index("ix_exchange_kept", "exchange")
    op.drop_column("exchange", "purged_us")
    op.drop_column("exchange", "subject")
