"""What a controller's tick asks is found by an index, however long the history is."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

REASKED = sa.text("reask")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Add the indices."""
    op.create_index("ix_observation_started_us", "observation", ["started_us"])
    op.create_index(
        "ix_exchange_reasked",
        "exchange",
        ["tenant", "route", "accepted_us"],
        sqlite_where=REASKED,
        postgresql_where=REASKED,
    )
    op.create_index(
        "ix_proposal_open", "proposal", ["id"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("ix_proposal_open", "proposal")
    op.drop_index("ix_exchange_reasked", "exchange")
    op.drop_index("ix_observation_started_us", "observation")
