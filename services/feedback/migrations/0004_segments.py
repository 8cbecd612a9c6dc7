"""Segments of customers, and products with their components."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0004"
down_revision = "feedback_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="products_key"),
    )
    op.create_index("products_list", "products", ["workspace_id", "id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("selects", sa.Text(), nullable=False, comment="accounts or contacts"),
        sa.Column(
            "rule",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="null: its members are named by hand",
        ),
        sa.Column("members", sa.BigInteger(), server_default="0", nullable=False, comment="rows of segment_members"),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="segments_key"),
    )
    op.create_index("segments_list", "segments", ["workspace_id", "id"], unique=False)
    op.create_table(
        "components",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("product_id", "key", name="components_key"),
    )
    op.create_index("components_list", "components", ["workspace_id", "product_id", "id"], unique=False)
    op.create_table(
        "segment_members",
        sa.Column("segment_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False, comment="an account's or a contact's id"),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("segment_id", "member_id"),
        comment="who is in a segment now; a contact is also in the segments of its account",
    )
    op.create_index("segment_members_of", "segment_members", ["member_id"], unique=False)
    op.add_column(
        "connections", sa.Column("product_id", sa.UUID(), nullable=True, comment="what its statements are about")
    )
    op.add_column(
        "feedback",
        sa.Column("product_id", sa.UUID(), nullable=True, comment="what it is about, where its source says so"),
    )
    op.add_column("ideas", sa.Column("product_id", sa.UUID(), nullable=True))
    op.add_column("ideas", sa.Column("component_id", sa.UUID(), nullable=True))
    op.create_foreign_key("ideas_product", "ideas", "products", ["product_id"], ["id"])
    op.create_foreign_key("ideas_component", "ideas", "components", ["component_id"], ["id"])
