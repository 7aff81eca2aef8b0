"""The change ticket of a proposal and of an approval."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of what was before them nobody named a ticket."""
    for table in ("proposal", "approval"):
        op.add_column(
            table, sa.Column("ticket", sa.String(40), nullable=False, server_default="")
        )


def downgrade() -> None:
    """Drop them again."""
    for table in ("proposal", "approval"):
        op.drop_column(table, "ticket")
