"""Rehearsed rollbacks, with their times."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `drill`."""
    op.create_table(
        "drill",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("published_us", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("followed_us", sa.BigInteger, nullable=False),
        sa.Column("proxies", sa.Integer, nullable=False),
        sa.Column("back_us", sa.BigInteger, nullable=False),
        sa.Column("back_version", sa.BigInteger, nullable=False),
        sa.Column("back_followed_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger, nullable=False),
        sa.Column("why", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drill"),
    )
    op.create_index("ix_drill_tenant_route_id", "drill", ["tenant", "route", "id"])
    op.create_index("ix_drill_ended_us", "drill", ["ended_us"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("drill")
