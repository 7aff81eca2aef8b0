"""The ledger of comparisons."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `comparison`, as `compare.ledger` declares it."""
    op.create_table(
        "comparison",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("exchange_id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("session", sa.String(200), nullable=False),
        sa.Column("accepted_us", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("serving", sa.String(16), nullable=False),
        sa.Column("streaming", sa.Boolean, nullable=False),
        sa.Column("attribution", sa.String(20), nullable=False),
        sa.Column("equivalence", sa.Float),
        sa.Column("noise_floor", sa.Float),
        sa.Column("missing", sa.String(64), nullable=False),
        sa.Column("flags", sa.Text, nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("signals", sa.Text, nullable=False),
        sa.Column("candidate_us", sa.BigInteger),
        sa.Column("candidate_first_token_us", sa.BigInteger),
        sa.Column("primary_us", sa.BigInteger),
        sa.Column("primary_first_token_us", sa.BigInteger),
        sa.Column("failed_over", sa.Boolean, nullable=False),
        sa.Column("recorded_key", sa.String(64), nullable=False),
        sa.Column("comparators", sa.String(200), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_comparison"),
        sa.UniqueConstraint("exchange_id", name="uq_comparison_exchange_id"),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name="fk_comparison_exchange_id"
        ),
        sqlite_autoincrement=True,
    )
    columns = ["tenant", "route", "epoch", "number"]
    op.create_index("ix_comparison_tenant_route_epoch_number", "comparison", columns)
    columns = ["tenant", "route", "number"]
    op.create_index("ix_comparison_tenant_route_number", "comparison", columns)


def downgrade() -> None:
    """Drop the table and what it holds."""
    op.drop_table("comparison")
