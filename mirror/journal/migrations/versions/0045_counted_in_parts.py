"""What was shed, and what was looked at alone, is counted from an index of just these."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

PARTS = {
    "ix_exchange_shed": ("exchange", ["tenant", "route", "reason"], "outcome = 'shed'"),
    "ix_comparison_unpaired": ("comparison", ["number"], "unpaired <> ''"),
}


def upgrade() -> None:
    """Add both indexes."""
    for name, (table, columns, of) in PARTS.items():
        where = sa.text(of)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop them again."""
    for name, (table, _, _) in PARTS.items():
        op.drop_index(name, table)
