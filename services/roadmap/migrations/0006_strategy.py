"""Objectives with key results and check-ins, and what ideas contribute to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "roadmap_0006"
down_revision = "roadmap_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "aligned_ideas",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id"),
        comment="ideas of which it is said what they contribute to",
    )
    op.create_table(
        "objective_changes",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("objective_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "strategy_version", sa.BigInteger(), nullable=False, comment="of all objectives together, after this change"
        ),
        sa.Column("state", postgresql.JSONB(), nullable=False, comment="all of it, as it then was"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "objective_id", "version"),
        comment="what objectives were",
    )
    op.create_table(
        "objectives",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("weight", sa.Double[float](), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True, comment="the last day of it"),
        sa.Column("owner", sa.Text(), nullable=True, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("product_id", sa.UUID(), nullable=True),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False, comment="whether ideas are held against it"),
        sa.Column("turns_on", sa.Date(), nullable=True, comment="the day on which its dates next change `counts`"),
        sa.Column("progress", sa.Double[float](), nullable=True, comment="mean of its key results'; null: it has none"),
        sa.Column("ideas", sa.Integer(), server_default="0", nullable=False, comment="that something is said of"),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("objectives_list", "objectives", ["workspace_id", "id"], unique=False)
    op.create_index(
        "objectives_turn", "objectives", ["turns_on"], unique=False, postgresql_where=sa.text("turns_on is not null")
    )
    op.create_table(
        "strategies",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of all objectives together"),
        sa.PrimaryKeyConstraint("workspace_id"),
        comment="held by whoever changes an objective",
    )
    op.create_table(
        "contributions",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("objective_id", sa.UUID(), nullable=False),
        sa.Column("weight", sa.Double[float](), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("said_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["objective_id"], ["objectives.id"]),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id", "objective_id"),
    )
    op.create_index(
        "contributions_objective", "contributions", ["workspace_id", "objective_id", "idea_id"], unique=False
    )
    op.create_table(
        "key_results",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("objective_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("start", sa.Double[float](), nullable=False),
        sa.Column("target", sa.Double[float](), nullable=False),
        sa.Column("current", sa.Double[float](), nullable=False, comment="of the latest check-in, else the start"),
        sa.Column("measured_on", sa.Date(), nullable=True, comment="of the latest check-in"),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["objective_id"], ["objectives.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("key_results_list", "key_results", ["workspace_id", "objective_id", "id"], unique=False)
    op.create_table(
        "check_ins",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("key_result_id", sa.UUID(), nullable=False),
        sa.Column("value", sa.Double[float](), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("said_by", sa.Text(), nullable=False, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["key_result_id"], ["key_results.id"]),
        sa.PrimaryKeyConstraint("id"),
        comment="what key results measured: written once and never changed",
    )
    op.create_index("check_ins_list", "check_ins", ["workspace_id", "key_result_id", "id"], unique=False)
    op.create_index("ideas_list", "ideas", ["workspace_id", "idea_id"], unique=False)
