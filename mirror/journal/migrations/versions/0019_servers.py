"""What was seen of upstreams' servers, and why only a part of a capacity is accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "server_condition",
        sa.Column("upstream", sa.String(64), primary_key=True),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("gpus", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("server_condition")
