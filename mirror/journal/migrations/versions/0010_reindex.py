"""Indices that were made anew with a candidate's vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `reindex`."""
    op.create_table(
        "reindex",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("candidate", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reindex"),
    )
    op.create_index("ix_reindex_tenant_route_id", "reindex", ["tenant", "route", "id"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("ix_reindex_tenant_route_id", "reindex")
    op.drop_table("reindex")
