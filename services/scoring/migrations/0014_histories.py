"""Of which product ideas are; why scores moved on the days that they moved."""

import sqlalchemy as sa
from alembic import op

revision = "scoring_0014"
down_revision = "scoring_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("ideas", "idea_days"):
        op.add_column(table, sa.Column("product_id", sa.UUID(), nullable=True))
    op.create_index(
        "ideas_product",
        "ideas",
        ["workspace_id", "product_id", "idea_id"],
        postgresql_where=sa.text("product_id is not null"),
    )
    op.drop_index("ideas_ranked", "ideas")
    op.create_index(
        "ideas_ranked",
        "ideas",
        ["workspace_id", "idea_id"],
        postgresql_include=["kind", "status", "archived", "product_id"],
    )
    op.add_column(
        "score_days",
        sa.Column(
            "version", sa.BigInteger(), nullable=True, comment="how often it had moved; null: from before that was kept"
        ),
    )
    op.add_column(
        "score_days", sa.Column("cause", sa.Text(), nullable=True, comment="what moved it last; null: likewise")
    )
    op.add_column("score_days", sa.Column("cause_id", sa.UUID(), nullable=True))
