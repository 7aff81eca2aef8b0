"""Comparisons are found by flag, session and time, and people label them."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

FLAGS = {
    "sqlite": (
        "json_extract(f.value, '$[0]'), json_extract(f.value, '$[1]')",
        "json_each(c.flags) f",
    ),
    "postgresql": ("f ->> 0, f ->> 1", "jsonb_array_elements(c.flags::jsonb) f"),
}


def upgrade() -> None:
    """Add the tables `comparison_flag` and `comparison_label` and two indexes, and write the flags there are."""
    op.create_table(
        "comparison_flag",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("number", "code", "severity", name="pk_comparison_flag"),
    )
    kinds, each = FLAGS[op.get_bind().dialect.name]
    op.execute(
        "INSERT INTO comparison_flag (number, code, severity, tenant, route) "
        f"SELECT DISTINCT c.number, {kinds}, c.tenant, c.route FROM comparison c, {each} "
        "WHERE c.flags != '[]'"
    )
    for columns in (
        ("code", "number"),
        ("severity", "number"),
        ("tenant", "code", "number"),
        ("tenant", "severity", "number"),
    ):
        op.create_index(f"ix_comparison_flag_{'_'.join(columns)}", "comparison_flag", list(columns))
    op.create_index("ix_comparison_session_number", "comparison", ["session", "number"])
    op.create_index("ix_comparison_at_us", "comparison", ["at_us"])
    op.create_table(
        "comparison_label",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("exchange_id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name="fk_comparison_label_exchange_id_exchange"
        ),
    )
    op.create_index("ix_comparison_label_number", "comparison_label", ["number"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("comparison_label")
    op.drop_index("ix_comparison_at_us", "comparison")
    op.drop_index("ix_comparison_session_number", "comparison")
    op.drop_table("comparison_flag")
