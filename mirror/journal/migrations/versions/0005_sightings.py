"""Sightings of others that answered in the candidate's name."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `sighting`."""
    op.create_table(
        "sighting",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("upstream", sa.String(64), nullable=False),
        sa.Column("what", sa.String(300), nullable=False),
        sa.Column("first_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),
        sa.Column("replies", sa.Integer, nullable=False),
        sa.Column("answered_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "route", "upstream", "what", name="pk_sighting"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("sighting")
