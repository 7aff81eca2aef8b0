"""Switches of a whole deployment: drained upstreams and emergencies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables `drain` and `emergency`."""
    op.create_table(
        "drain",
        sa.Column("upstream", sa.String(64), nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("upstream", name="pk_drain"),
    )
    op.create_table(
        "emergency",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "route", name="pk_emergency"),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("emergency")
    op.drop_table("drain")
