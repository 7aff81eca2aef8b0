"""An index of just the exchanges that wait for their outcome, so that a tick finds them at once."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_PENDING = sa.text("outcome = 'pending'")


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_exchange_pending",
        "exchange",
        ["accepted_us"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("ix_exchange_pending", "exchange")
