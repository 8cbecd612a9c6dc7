"""Which imported comment was which elsewhere; what an import reads a vendor's words as, and what it did not understand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0016"
down_revision = "feedback_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_origins",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False, comment="the comment's id there"),
        sa.Column("comment_id", sa.UUID(), nullable=False),
        sa.Column(
            "answers",
            sa.Text(),
            nullable=True,
            comment="external id of the comment that it answers there, until the two are joined here",
        ),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("workspace_id", "source", "external_id"),
        comment="imports find comments again by it; an answer may come before what it answers",
    )
    op.create_index(
        "comment_origins_answers",
        "comment_origins",
        ["workspace_id", "source", "external_id"],
        unique=False,
        postgresql_where=sa.text("answers is not null"),
    )
    op.create_index("comment_origins_comment", "comment_origins", ["comment_id"], unique=False)
    op.add_column(
        "imports",
        sa.Column(
            "statuses",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="by a vendor's word: ours, as the caller says",
        ),
    )
    op.add_column(
        "imports",
        sa.Column(
            "noticed",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="columns and statuses not understood: rows",
        ),
    )
