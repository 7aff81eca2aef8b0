"""The share with which a rollout's step began."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column `canary_share`."""
    op.add_column(
        "rollout", sa.Column("canary_share", sa.Float, nullable=False, server_default="0")
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("rollout", "canary_share")
