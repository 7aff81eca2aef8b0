"""Where notices go, and how far each tenant's log was told there."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables `notice_to` and `notice_told`."""
    op.create_table(
        "notice_to",
        sa.Column("destination", sa.String(64), nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("destination", name="pk_notice_to"),
    )
    op.create_table(
        "notice_told",
        sa.Column("destination", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("destination", "tenant", name="pk_notice_told"),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("notice_told")
    op.drop_table("notice_to")
