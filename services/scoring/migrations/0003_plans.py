"""Estimates as ranges; what scores were; runs; assessments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0003"
down_revision = "scoring_0002"
branch_labels = None
depends_on = None


MOMENT = sa.DateTime(timezone=True)


def json(name: str, comment: str | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(none_as_null=nullable), nullable=nullable, comment=comment)


def upgrade() -> None:
    op.add_column("estimates", json("spread", "what value is the mean of; null: a point", nullable=True))
    op.create_table(
        "runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("model_id", sa.UUID(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("model_version", sa.BigInteger(), nullable=False),
        json("parameters"),
        sa.Column("ideas", sa.Integer(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 over the run and its entries"),
        sa.PrimaryKeyConstraint("id"),
        comment="frozen rankings: written once and never changed",
    )
    op.create_index("runs_list", "runs", ["workspace_id", "id"], unique=False)
    op.create_table(
        "run_entries",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Double[float](), nullable=True),
        json("missing"),
        json("inputs"),
        sa.Column("model_version", sa.BigInteger(), nullable=False),
        json("demand", "all that was counted, whatever the model reads", nullable=True),
        json("estimates", "all that were current, whatever the model reads"),
        sa.PrimaryKeyConstraint("workspace_id", "run_id", "position"),
        sa.UniqueConstraint("workspace_id", "run_id", "idea_id", name="run_entries_idea"),
    )
    op.create_table(
        "run_decisions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 over this one and the digest before it"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "run_id", "position", name="run_decisions_order"),
    )
    op.create_table(
        "assessments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        json("facts"),
        json("thresholds"),
        sa.Column("score", sa.Double[float](), nullable=True),
        sa.Column("band", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="whether a team needs a technical product manager, as it was answered",
    )
    op.create_index("assessments_list", "assessments", ["workspace_id", "id"], unique=False)
    op.create_table(
        "score_days",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("model_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False, comment="the first day that ended with it"),
        sa.Column("until", sa.Date(), nullable=False, comment="the day on which it moved"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Double[float](), nullable=True),
        json("missing"),
        sa.Column("model_version", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "model_id", "idea_id", "until"),
        comment="what days ended with, of scores that have moved since",
    )
    op.create_index("score_days_ranking", "score_days", ["workspace_id", "model_id", "value", "idea_id"], unique=False)
