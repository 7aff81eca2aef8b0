"""Requests to the cloud whose end is not told yet."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `egress_open`."""
    op.create_table(
        "egress_open",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("spool", sa.String(200), nullable=False),
        sa.Column("intent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_egress_open"),
    )
    op.create_index("ix_egress_open_spool", "egress_open", ["spool"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("egress_open")
