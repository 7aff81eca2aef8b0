"""What exchanges told of a rollout's noise, and the calibrations taken from it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables `noise_sample` and `calibration`."""
    op.create_table(
        "noise_sample",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("exchange_id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("encoder", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("length", sa.String(8), nullable=False),
        sa.Column("floor", sa.Text, nullable=False),
        sa.Column("null", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name="fk_noise_sample_exchange_id_exchange"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_noise_sample"),
        sa.UniqueConstraint("exchange_id", name="uq_noise_sample_exchange_id"),
    )
    op.create_index(
        "ix_noise_sample_tenant_route_id", "noise_sample", ["tenant", "route", "id"]
    )
    op.create_table(
        "calibration",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("written", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_calibration"),
    )
    op.create_index(
        "ix_calibration_tenant_route_number", "calibration", ["tenant", "route", "number"]
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("ix_calibration_tenant_route_number", "calibration")
    op.drop_table("calibration")
    op.drop_index("ix_noise_sample_tenant_route_id", "noise_sample")
    op.drop_table("noise_sample")
