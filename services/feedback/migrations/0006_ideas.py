"""Ideas that are found by words, tags, owners and demand, merged and followed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0006"
down_revision = "feedback_0005"
branch_labels = None
depends_on = None

SEARCHED = """
setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('english', title), 'A')
|| setweight(to_tsvector('simple', left(description, 10000)), 'B')
|| setweight(to_tsvector('english', left(description, 10000)), 'B')
"""
TERMS = """
insert into idea_terms (idea_id, term, workspace_id)
select id, unnest(tsvector_to_array(search)), workspace_id from ideas
"""


def upgrade() -> None:
    op.create_table(
        "idea_followers",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False, comment="false: does not, though they asked for it"),
        sa.Column("said_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.PrimaryKeyConstraint("idea_id", "contact_id"),
        comment="who said that they follow an idea or do not; whoever asks for one follows it without saying so",
    )
    op.create_index("idea_followers_contact", "idea_followers", ["contact_id"], unique=False)
    op.create_table(
        "idea_terms",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column(
            "term", sa.Text(collation="C"), nullable=False, comment="a word of its title or description, or #tag"
        ),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.PrimaryKeyConstraint("idea_id", "term"),
        comment="what ideas are found by; rows, because row security lets no GIN index be used",
    )
    op.create_index("idea_terms_found", "idea_terms", ["workspace_id", "term", "idea_id"], unique=False)
    op.create_index("demand_accounts", "demand", ["workspace_id", "accounts", "idea_id"], unique=False)
    op.create_index("demand_mrr", "demand", ["workspace_id", "mrr", "idea_id"], unique=False)
    op.create_index("demand_votes", "demand", ["workspace_id", "votes", "idea_id"], unique=False)
    op.add_column("ideas", sa.Column("tags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column(
        "ideas", sa.Column("owner", sa.Text(), nullable=True, comment="who looks after it, in the caller's own words")
    )
    op.add_column(
        "ideas", sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("ideas", sa.Column("merged_into", sa.UUID(), nullable=True, comment="as somebody said"))
    op.add_column(
        "ideas", sa.Column("merged_root", sa.UUID(), nullable=True, comment="where merged_into leads to in the end")
    )
    op.add_column("ideas", sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ideas", sa.Column("merged_by", sa.Text(), nullable=True))
    op.add_column(
        "ideas",
        sa.Column(
            "root",
            sa.UUID(),
            sa.Computed("coalesce(merged_root, id)", persisted=True),
            nullable=False,
            comment="where it counts",
        ),
    )
    op.add_column(
        "ideas", sa.Column("search", postgresql.TSVECTOR(), sa.Computed(SEARCHED, persisted=True), nullable=False)
    )
    op.create_index(
        "ideas_component",
        "ideas",
        ["workspace_id", "component_id", "id"],
        unique=False,
        postgresql_where=sa.text("component_id is not null"),
    )
    op.create_index(
        "ideas_merged",
        "ideas",
        ["merged_root", "id"],
        unique=False,
        postgresql_where=sa.text("merged_root is not null"),
    )
    op.create_index(
        "ideas_owner",
        "ideas",
        ["workspace_id", "owner", "id"],
        unique=False,
        postgresql_where=sa.text("owner is not null"),
    )
    op.create_index(
        "ideas_product",
        "ideas",
        ["workspace_id", "product_id", "id"],
        unique=False,
        postgresql_where=sa.text("product_id is not null"),
    )
    op.create_index("ideas_updated", "ideas", ["workspace_id", "updated_at", "id"], unique=False)
    op.create_foreign_key("ideas_merged_into", "ideas", "ideas", ["merged_into"], ["id"])
    op.execute(TERMS)
