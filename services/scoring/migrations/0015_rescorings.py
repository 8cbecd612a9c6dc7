"""Rescorings can be followed, stopped and gone on with; how effort is shared out is told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0015"
down_revision = "scoring_0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _rescorings()
    op.create_index(
        "ideas_gone",
        "ideas",
        ["workspace_id", "idea_id"],
        postgresql_include=["merged_into"],
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.add_column(
        "balances",
        sa.Column(
            "shares",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="by kind, planned and actual; null: before they were told",
        ),
    )
    op.create_table_comment(
        "balances",
        "what was last told of a team's breaches and shares",
        existing_comment="what was last told of a team's breaches",
    )


def _rescorings() -> None:
    for table in ("rescores", "weighings"):
        _follow(table)
    op.add_column("weighings", sa.Column("cause_id", sa.UUID(), nullable=True, comment="null: the policy"))
    op.create_index("rescores_due", "rescores", ["due_at"], postgresql_where=sa.text("state in ('waiting', 'running')"))
    op.create_table(
        "rescorings",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("model_id", sa.UUID(), nullable=True),
        sa.Column("policy_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, comment="finished, superseded, cancelled"),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why nothing was left to be done"),
        sa.Column("superseded_by", sa.UUID(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double[float](), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="those that have ended",
    )
    op.create_index("rescorings_list", "rescorings", ["workspace_id", "id"])


def _follow(table: str) -> None:
    for column in (
        sa.Column(
            "id",
            sa.UUID(),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
            comment="of the rescoring",
        ),
        sa.Column(
            "state",
            sa.Text(),
            server_default="waiting",
            nullable=False,
            comment="waiting, running, cancelled, failed",
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it failed"),
        sa.Column("total", sa.BigInteger(), nullable=True, comment="ideas there were; null: not counted yet"),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seconds", sa.Double[float](), server_default="0", nullable=False, comment="it was worked at"),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column(
            "due_at",
            MOMENT,
            server_default=sa.text("now()"),
            nullable=False,
            comment="from when on another worker may have it",
        ),
        sa.Column(
            "starts",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="times it was begun and came no further",
        ),
    ):
        op.add_column(table, column)
    op.create_index(f"{table}_list", table, ["workspace_id", "id"])
