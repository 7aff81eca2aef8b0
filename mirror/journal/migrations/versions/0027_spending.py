"""What copies cost by day, and what the candidate's answers saved."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_KEY = ("day", "tenant", "route", "leg", "upstream", "model", "currency")


def upgrade() -> None:
    """Add the table `spending`."""
    op.create_table(
        "spending",
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("leg", sa.String(8), nullable=False),
        sa.Column("upstream", sa.String(64), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("millionths", sa.BigInteger, nullable=False),
        sa.Column("legs", sa.Integer, nullable=False),
        sa.Column("estimated", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_spending"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("spending")
