"""How the words of an answer came, and comparisons whose copy was sent late."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns to `reply` and `comparison`; of rows before them nothing is known."""
    op.add_column("reply", sa.Column("pace", sa.Text, nullable=False, server_default=""))
    op.add_column(
        "comparison", sa.Column("late", sa.String(16), nullable=False, server_default="")
    )
    op.add_column(
        "comparison", sa.Column("performance", sa.Text, nullable=False, server_default="{}")
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_column("comparison", "performance")
    op.drop_column("comparison", "late")
    op.drop_column("reply", "pace")
