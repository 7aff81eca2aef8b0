"""What acceptance reports measured, beside what they came to."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; of reports from before it only the outcome is known."""
    op.create_table(
        "acceptance_measured",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("concurrency", sa.Integer, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_acceptance_measured"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("acceptance_measured")
