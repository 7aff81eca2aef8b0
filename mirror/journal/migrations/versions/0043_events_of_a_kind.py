"""Events of one tenant and one kind are found by time."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index."""
    op.create_index("ix_event_tenant_type_at_us", "event", ["tenant", "type", "at_us"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("ix_event_tenant_type_at_us", "event")
