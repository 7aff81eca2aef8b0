"""Circuit breakers that are open."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `breaker`."""
    op.create_table(
        "breaker",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("upstream", sa.String(64), nullable=False),
        sa.Column("spool", sa.String(200), nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "route", "upstream", "spool", name="pk_breaker"),
    )
    op.create_index("ix_breaker_spool", "breaker", ["spool"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("breaker")
