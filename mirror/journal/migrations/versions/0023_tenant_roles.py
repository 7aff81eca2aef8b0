"""Roles that people have for one tenant alone; who was there before keeps theirs, for every tenant."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `tenant_role`."""
    op.create_table(
        "tenant_role",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name="fk_tenant_role_name_person"),
        sa.PrimaryKeyConstraint("name", "tenant", "role", name="pk_tenant_role"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("tenant_role")
