"""Fleet plans, with the rollouts that each was declared with."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `plan`."""
    op.create_table(
        "plan",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("rollouts", sa.Text, nullable=False),
        sa.Column("declared_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_plan"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("plan")
