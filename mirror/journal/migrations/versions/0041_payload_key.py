"""The data keys of payloads, one a tenant and month."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "payload_key",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("month", sa.Integer, nullable=False),
        sa.Column("kek", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("destroyed_us", sa.BigInteger),
    )
    op.create_index("ix_payload_key_tenant_month", "payload_key", ["tenant", "month"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("payload_key")
