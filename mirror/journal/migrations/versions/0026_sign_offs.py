"""Pairs that clinical reviewers read, and their labels."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables `sign_off`, `sign_off_pair` and `sign_off_label`, and room for a longer role."""
    op.create_table(
        "sign_off",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("of", sa.Integer, nullable=False),
        sa.Column("drawn_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "route", "attempt", name="pk_sign_off"),
    )
    op.create_table(
        "sign_off_pair",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("exchange_id", sa.String(36), nullable=False),
        sa.Column("why", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name="fk_sign_off_pair_exchange_id_exchange"
        ),
        sa.PrimaryKeyConstraint("tenant", "route", "attempt", "number", name="pk_sign_off_pair"),
        sa.UniqueConstraint("exchange_id", name="uq_sign_off_pair_exchange_id"),
    )
    op.create_table(
        "sign_off_label",
        sa.Column("exchange_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name="fk_sign_off_label_exchange_id_exchange"
        ),
        sa.PrimaryKeyConstraint("exchange_id", "name", name="pk_sign_off_label"),
    )


    with op.batch_alter_table("tenant_role") as role:  # for `clinical-reviewer`
        role.alter_column("role", type_=sa.String(32), existing_type=sa.String(16), existing_nullable=False)


def downgrade() -> None:
    """Drop them again."""
    with op.batch_alter_table("tenant_role") as role:
        role.alter_column("role", type_=sa.String(16), existing_type=sa.String(32), existing_nullable=False)
    op.drop_table("sign_off_label")
    op.drop_table("sign_off_pair")
    op.drop_table("sign_off")
