"""Rounds: people estimate unseen by each other, then agree."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0004"
down_revision = "scoring_0003"
branch_labels = None
depends_on = None


MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("estimates", sa.Column("round_id", sa.UUID(), nullable=True, comment="the round that agreed on it"))
    op.create_table(
        "rounds",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("idea_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("inputs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="open: values are hidden; revealed; closed: nothing changes"
        ),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("revealed_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="several people estimate unseen by each other, then together",
    )
    op.create_index("rounds_list", "rounds", ["workspace_id", "id"], unique=False)
    op.create_table(
        "round_values",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("round_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("estimator", sa.Text(), nullable=False, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("discipline", sa.Text(), nullable=True),
        sa.Column("value", sa.Double[float](), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "round_id", "idea_id", "input", "estimator"),
    )
