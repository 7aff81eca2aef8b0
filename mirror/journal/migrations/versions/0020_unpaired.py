"""Comparisons of answers that no primary was asked beside."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of all rows before it the primary was asked."""
    op.add_column(
        "comparison", sa.Column("unpaired", sa.String(32), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("comparison", "unpaired")
