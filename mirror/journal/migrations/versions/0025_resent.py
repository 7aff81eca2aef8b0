"""Stored requests that were sent to a candidate again."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `resent`."""
    op.create_table(
        "resent",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("exchange_id", sa.String(36), sa.ForeignKey("exchange.id"), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("session", sa.String(200), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("attribution", sa.String(20), nullable=False),
        sa.Column("equivalence", sa.Float),
        sa.Column("noise_floor", sa.Float),
        sa.Column("fail_codes", sa.Text, nullable=False),
        sa.Column("signals", sa.Text, nullable=False),
        sa.Column("recorded_key", sa.String(64), nullable=False),
        sa.Column("comparators", sa.String(200), nullable=False),
        sa.UniqueConstraint("exchange_id", "epoch"),
    )
    op.create_index(
        "ix_resent_tenant_route_epoch_number", "resent", ["tenant", "route", "epoch", "number"]
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("resent")
