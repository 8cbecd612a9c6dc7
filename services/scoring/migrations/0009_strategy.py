"""The strategy as the roadmap tells of it; competitors, capabilities and evidence; runs that freeze them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0009"
down_revision = "scoring_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "capabilities",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("ours", sa.Text(), nullable=False, comment="none, partial or full: what we have of it"),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="capabilities_name"),
    )
    op.create_index("capabilities_list", "capabilities", ["workspace_id", "id"], unique=False)
    op.create_table(
        "capability_ideas",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("capability_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "capability_id", "idea_id"),
        comment="ideas that would give us a capability, or more of it",
    )
    op.create_index("capability_ideas_idea", "capability_ideas", ["workspace_id", "idea_id"], unique=False)
    op.create_table(
        "competition_decays",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("half_life_days", sa.Double[float](), nullable=False),
        sa.Column("max_age_days", sa.Integer(), nullable=False, comment="evidence older than this has lapsed"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id"),
        comment="how evidence grows old, where a workspace has said so",
    )
    op.create_table(
        "competitors",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("weight", sa.Double[float](), nullable=False, comment="beside the other competitors"),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="competitors_name"),
    )
    op.create_index("competitors_list", "competitors", ["workspace_id", "id"], unique=False)
    op.create_table(
        "contributions",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("objective_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("weights", postgresql.ARRAY(sa.Double[float]()), nullable=False, comment="one for each of them"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="projection of roadmap.contributions.changed",
    )
    op.create_index("contributions_list", "contributions", ["workspace_id", "idea_id"], unique=False)
    op.create_table(
        "deals",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("competitor_id", sa.UUID(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, comment="won or lost"),
        sa.Column("amount", sa.BigInteger(), nullable=True, comment="minor units of the workspace's currency"),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("capability_ids", postgresql.ARRAY(sa.UUID()), nullable=False, comment="what decided it"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("said_by", sa.Text(), nullable=False, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="won and lost against competitors: never changed, but withdrawn",
    )
    op.create_index("deals_list", "deals", ["workspace_id", "id"], unique=False)
    op.create_index("deals_competitor", "deals", ["workspace_id", "competitor_id", "id"], unique=False)
    op.create_index(
        "deals_closed",
        "deals",
        ["workspace_id", "closed_on"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("capability_id", sa.UUID(), nullable=False),
        sa.Column("competitor_id", sa.UUID(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False, comment="none, partial or full: what they have of it"),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False, comment="where it can be seen"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("said_by", sa.Text(), nullable=False, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="what was seen of competitors: never changed, but withdrawn",
    )
    op.create_index("evidence_capability", "evidence", ["workspace_id", "capability_id", "id"], unique=False)
    op.create_index("evidence_competitor", "evidence", ["workspace_id", "competitor_id", "id"], unique=False)
    op.create_index(
        "evidence_latest",
        "evidence",
        ["workspace_id", "capability_id", "competitor_id", "observed_on", "id"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_index("evidence_list", "evidence", ["workspace_id", "id"], unique=False)
    op.create_table(
        "objectives",
        sa.Column("objective_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("weight", sa.Double[float](), nullable=False),
        sa.Column("progress", sa.Double[float](), nullable=True, comment="null: nothing tells"),
        sa.Column("counts", sa.Boolean(), nullable=False, comment="whether ideas are held against it"),
        sa.Column("strategy_version", sa.BigInteger(), nullable=False, comment="of all objectives together"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("objective_id"),
        comment="projection of roadmap.objective.changed",
    )
    op.create_index("objectives_list", "objectives", ["workspace_id", "objective_id"], unique=False)
    op.create_table(
        "parities",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("capability_id", sa.UUID(), nullable=False),
        sa.Column("competitor_id", sa.UUID(), nullable=False),
        sa.Column("evidence_id", sa.UUID(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column(
            "lapses_on", sa.Date(), nullable=True, comment="when scores are to follow its lapse; null: they have"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "capability_id", "competitor_id"),
        comment="the latest evidence of each competitor in each capability",
    )
    op.create_index(
        "parities_lapse", "parities", ["lapses_on"], unique=False, postgresql_where=sa.text("lapses_on is not null")
    )
    op.add_column("rescores", sa.Column("cause", sa.Text(), server_default="model", nullable=False))
    op.add_column("rescores", sa.Column("cause_id", sa.UUID(), nullable=True, comment="null: the model"))
    op.create_table_comment(
        "rescores",
        "models of which a change, or one of what they read, has not reached every idea yet",
        existing_comment="models whose change has not reached every idea yet",
        schema=None,
    )
    op.add_column(
        "run_entries",
        sa.Column(
            "contributions",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="to objectives, whatever the model reads",
        ),
    )
    op.add_column(
        "run_entries",
        sa.Column(
            "cells",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="of the parity matrix, whatever the model reads",
        ),
    )
    op.add_column(
        "runs",
        sa.Column(
            "strategy",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="all objectives, whatever the model reads",
        ),
    )
    op.add_column(
        "runs",
        sa.Column(
            "decay",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="how evidence of competitors grew old, and on which day",
        ),
    )
