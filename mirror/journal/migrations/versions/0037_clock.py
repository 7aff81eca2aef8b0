"""Where the wall clock of the controller that acts was last seen, for the one that acts next."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "clock",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("wall_us", sa.BigInteger, nullable=False),
        sa.Column("apart_us", sa.BigInteger, nullable=False),
        sa.Column("off_us", sa.BigInteger, nullable=False),
        sa.Column("unsure", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("clock")
