"""Exchanges that somebody reported."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `incident`."""
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("exchange_id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("upstream", sa.String(64), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.Column("closed_reason", sa.String(500), nullable=False),
        sa.Column("closed_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name="fk_incident_exchange_id"
        ),
    )
    op.create_index("ix_incident_exchange_id", "incident", ["exchange_id"])
    op.create_index("ix_incident_closed_us", "incident", ["closed_us"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("incident")
