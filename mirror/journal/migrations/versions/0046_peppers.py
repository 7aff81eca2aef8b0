"""Which pepper each tenant's pseudonyms are made with."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the peppers that there are become known when they are next used."""
    op.create_table(
        "pepper_known",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(16), nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_pepper_known"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("pepper_known")
