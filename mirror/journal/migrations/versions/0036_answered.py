"""Answers to requests that may be sent again, for a day."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "answered",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person", "key", name="pk_answered"),
    )
    op.create_index("ix_answered_at_us", "answered", ["at_us"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("answered")
