"""Local users have passwords, and sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of credentials, of guesses at them and of sessions."""
    op.create_table(
        "credential",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password", sa.String(256), nullable=False),
        sa.Column("totp", sa.LargeBinary, nullable=True),
        sa.Column("totp_step", sa.Integer, nullable=False),
        sa.Column("set_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_credential"),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name="fk_credential_name"),
    )
    op.create_table(
        "guess",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("place", sa.String(16), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", "place", name="pk_guess"),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name="fk_guess_name"),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("auth_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_sign_in"),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name="fk_sign_in_name"),
    )
    op.create_index("ix_sign_in_name", "sign_in", ["name"])
    op.create_index("ix_sign_in_expires_us", "sign_in", ["expires_us"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("sign_in")
    op.drop_table("guess")
    op.drop_table("credential")
