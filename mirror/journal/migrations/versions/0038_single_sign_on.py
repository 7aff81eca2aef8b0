"""People sign in at a provider of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of a provider's people, and of their sign-ins on the way to the dashboard."""
    op.create_table(
        "federated",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_federated"),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name="fk_federated_name"),
        sa.UniqueConstraint("issuer", "subject", name="uq_federated_issuer_subject"),
    )
    op.create_table(
        "handover",
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("state_sha256", sa.String(64), nullable=False),
        sa.Column("browser_sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("auth_us", sa.BigInteger, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("taken_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("code_sha256", name="pk_handover"),
        sa.UniqueConstraint("state_sha256", name="uq_handover_state_sha256"),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name="fk_handover_name"),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("handover")
    op.drop_table("federated")
