"""Portfolios that are kept, and which of them was adopted; ideas by kind and status, for rankings of few."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0012"
down_revision = "scoring_0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNFINISHED = sa.text("state in ('waiting', 'running')")


def json(name: str, comment: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(none_as_null=nullable), nullable=nullable, comment=comment)


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        json("asked", "as it was asked for", nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("phase", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("progress", sa.Double[float](), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why there is no set, or it failed"),
        json("program", "what was solved: values, efforts and capacity as they were"),
        json("result", "the answer, never changed"),
        sa.Column("value", sa.Double[float](), nullable=True),
        sa.Column("gap", sa.Double[float](), nullable=True),
        sa.Column(
            "digest", sa.Text(), nullable=True, comment="SHA-256 over what was asked, what was solved and the answer"
        ),
        sa.Column(
            "adopted",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="one of a workspace at most",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("holder", sa.UUID(), nullable=True, comment="the worker that has it"),
        sa.Column(
            "due_at",
            MOMENT,
            server_default=sa.text("now()"),
            nullable=False,
            comment="from when on another worker may have it",
        ),
        sa.Column("starts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("traceparent", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("plans_list", "plans", ["workspace_id", "id"])
    op.create_index("plans_adopted", "plans", ["workspace_id"], unique=True, postgresql_where=sa.text("adopted"))
    op.create_index("plans_due", "plans", ["due_at"], postgresql_where=UNFINISHED)
    op.create_index("plans_unfinished", "plans", ["workspace_id"], postgresql_where=UNFINISHED)
    op.create_table(
        "plan_adoptions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.UUID(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False, comment="adopt or withdraw"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=False,
            comment="SHA-256 over this one, the plan's digest and the digest before it",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "position", name="plan_adoptions_order"),
        comment="which plan counted from when on: added to and never changed",
    )
    op.create_index("plan_adoptions_plan", "plan_adoptions", ["workspace_id", "plan_id"])
    op.create_index("ideas_kind", "ideas", ["workspace_id", "kind", "idea_id"])
    op.create_index("ideas_status", "ideas", ["workspace_id", "status", "idea_id"])
