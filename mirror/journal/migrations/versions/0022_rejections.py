"""What people said no to."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table `rejection`."""
    op.create_table(
        "rejection",
        sa.Column("proposal_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("sessions", sa.Integer, nullable=False),
        sa.Column("withdrawn_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name="fk_rejection_proposal_id_proposal"
        ),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_rejection"),
    )
    op.create_index("ix_rejection_withdrawn_us", "rejection", ["withdrawn_us"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("rejection")
