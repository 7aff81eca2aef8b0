"""Who answered: facts about it, and why it was not the declared candidate."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns to `reply`; of replies before them nothing is known."""
    op.add_column("reply", sa.Column("facts", sa.Text, nullable=False, server_default="[]"))
    op.add_column("reply", sa.Column("other", sa.String(300), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them again."""
    op.drop_column("reply", "other")
    op.drop_column("reply", "facts")
