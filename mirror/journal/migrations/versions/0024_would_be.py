"""What would have been done to rollouts in a dry run."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `would_be`."""
    op.create_table(
        "would_be",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("signal", sa.String(16), nullable=False),
        sa.Column("from_share", sa.Float, nullable=False),
        sa.Column("to_share", sa.Float, nullable=False),
        sa.Column("needed", sa.Integer, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "route", "epoch", "signal", name="pk_would_be"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("would_be")
