"""A rollout's evidence as of a recorded session, so that it need not be added up from the first."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "checkpoint",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("route", sa.String(16), primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("after_number", sa.BigInteger, nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("checkpoint")
