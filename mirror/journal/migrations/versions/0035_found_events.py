"""Events are found by time, of one tenant or of all."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two indexes."""
    op.create_index("ix_event_at_us", "event", ["at_us"])
    op.create_index("ix_event_tenant_at_us", "event", ["tenant", "at_us"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("ix_event_tenant_at_us", "event")
    op.drop_index("ix_event_at_us", "event")
