"""Requests have commitments, as answers have."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was recorded before has none."""
    column = sa.Column("commitment", sa.String(64), nullable=False, server_default="")
    op.add_column("exchange", column)


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("exchange", "commitment")
