"""Why the candidate was not to answer a session that its share gave to it, and whose every session was from an index."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


_BEFORE = ("tenant", "route", "epoch", "accepted_us")
_BEFORE_NAME = "ix_exchange_tenant_route_epoch_accepted_us"


def upgrade() -> None:
    """Add the column `kept`, and have an index tell whose every session was."""
    op.add_column(
        "exchange", sa.Column("kept", sa.String(32), nullable=False, server_default="")
    )
    op.drop_index(_BEFORE_NAME, "exchange")
    op.create_index(
        "ix_exchange_served", "exchange", [*_BEFORE, "session", "serving", "kept"]
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("ix_exchange_served", "exchange")
    op.create_index(_BEFORE_NAME, "exchange", [*_BEFORE])
    op.drop_column("exchange", "kept")
