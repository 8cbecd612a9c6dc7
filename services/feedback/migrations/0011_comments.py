"""Comments, boards, what waits for a moderator, and how far languages are known."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0011"
down_revision = "feedback_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "boards",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False, comment="public, private or one_way"),
        sa.Column(
            "submissions",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="whether ideas can be brought",
        ),
        sa.Column(
            "comments",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="whether visitors can comment",
        ),
        sa.Column(
            "archived", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="nobody outside sees it"
        ),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="boards_key"),
    )
    op.create_index("boards_list", "boards", ["workspace_id", "id"], unique=False)
    op.create_table(
        "comment_counts",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("board_id", sa.UUID(), nullable=False, comment="zero: comments that are shown wherever the idea is"),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column(
            "shown", sa.Integer(), server_default="0", nullable=False, comment="public comments that stand there"
        ),
        sa.PrimaryKeyConstraint("idea_id", "board_id"),
        comment="kept in the transaction that writes the comment",
    )
    op.create_table(
        "languages_known",
        sa.Column("log", sa.Text(), nullable=False, comment="the log that is read: events"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the last of it that was looked at"),
        sa.PrimaryKeyConstraint("log"),
    )
    op.create_table(
        "moderation_entries",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="comment or submission"),
        sa.Column("subject_id", sa.UUID(), nullable=False, comment="the comment's or the submission's"),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="board:<key> or channel:<name>"),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, shown, rejected or spam"),
        sa.Column(
            "decided_by",
            sa.Text(),
            nullable=True,
            comment="key:<id>, or trust:<why> when nobody had to look; null while it waits",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject_id", name="moderation_entries_subject"),
        comment="all that outsiders brought for others to see, and whether they may",
    )
    op.create_index("moderation_entries_state", "moderation_entries", ["workspace_id", "state", "id"], unique=False)
    op.create_table(
        "trust",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="board, channel or contact"),
        sa.Column("name", sa.Text(), nullable=False, comment="a board's key, a channel's name, a contact's id"),
        sa.Column(
            "level",
            sa.Text(),
            nullable=True,
            comment="trusted, unknown or blocked, as somebody said; null: as it was earned",
        ),
        sa.Column(
            "approved", sa.BigInteger(), server_default="0", nullable=False, comment="what moderators let through"
        ),
        sa.Column("refused", sa.BigInteger(), server_default="0", nullable=False, comment="what they did not"),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "name"),
    )
    op.create_table(
        "board_members",
        sa.Column("board_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False, comment="of a contact, an account or a segment"),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="contact, account or segment"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
        ),
        sa.PrimaryKeyConstraint("board_id", "member_id"),
        comment="who may see a private board",
    )
    op.create_table(
        "moderation_decisions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="what it was decided to be"),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="as in the entry"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["moderation_entries.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("moderation_decisions_entry", "moderation_decisions", ["entry_id", "id"], unique=False)
    op.create_table(
        "board_ideas",
        sa.Column("board_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=True, comment="who brought it; null when the team put it there"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
        ),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.PrimaryKeyConstraint("board_id", "idea_id"),
    )
    op.create_index(
        "board_ideas_contact",
        "board_ideas",
        ["board_id", "contact_id", "idea_id"],
        unique=False,
        postgresql_where=sa.text("contact_id is not null"),
    )
    op.create_index("board_ideas_idea", "board_ideas", ["idea_id"], unique=False)
    op.create_table(
        "board_submissions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("board_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, shown, rejected or spam"),
        sa.Column("idea_id", sa.UUID(), nullable=True, comment="what it became once it was approved"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
        ),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="ideas as visitors worded them; none is an idea before it is approved",
    )
    op.create_index("board_submissions_contact", "board_submissions", ["board_id", "contact_id", "id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=True),
        sa.Column("feedback_id", sa.UUID(), nullable=True),
        sa.Column("board_id", sa.UUID(), nullable=True, comment="shown on this board only; null: wherever the idea is"),
        sa.Column("parent_id", sa.UUID(), nullable=True, comment="the comment that it answers, which answers none"),
        sa.Column("visibility", sa.Text(), nullable=False, comment="public or internal"),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, shown, rejected or spam"),
        sa.Column("contact_id", sa.UUID(), nullable=True, comment="who said it, when a customer did"),
        sa.Column("author", sa.Text(), nullable=False, comment="who wrote it down: key:<id>"),
        sa.Column("signature", sa.Text(), nullable=True, comment="how a team member is called outside"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "deleted_at", sa.DateTime(timezone=True), nullable=True, comment="what is left is a tombstone without words"
        ),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("visibility = 'internal' or idea_id is not null", name="comments_on_feedback_stay_inside"),
        sa.CheckConstraint("num_nonnulls(idea_id, feedback_id) = 1", name="comments_on_one_thing"),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
        ),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["comments.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "comments_contact",
        "comments",
        ["contact_id", "id"],
        unique=False,
        postgresql_where=sa.text("contact_id is not null"),
    )
    op.create_index(
        "comments_feedback",
        "comments",
        ["feedback_id", "id"],
        unique=False,
        postgresql_where=sa.text("feedback_id is not null"),
    )
    op.create_index(
        "comments_idea", "comments", ["idea_id", "id"], unique=False, postgresql_where=sa.text("idea_id is not null")
    )
    op.create_index("comments_list", "comments", ["workspace_id", "id"], unique=False)
    op.create_index(
        "comments_parent",
        "comments",
        ["parent_id", "id"],
        unique=False,
        postgresql_where=sa.text("parent_id is not null"),
    )
    op.create_table(
        "comment_mentions",
        sa.Column("mentioned", sa.Text(), nullable=False, comment="a handle in lower case, or a contact's id"),
        sa.Column("comment_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("workspace_id", "mentioned", "comment_id"),
    )
    op.create_index("comment_mentions_of", "comment_mentions", ["comment_id"], unique=False)
    op.create_table(
        "comment_versions",
        sa.Column("comment_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="the comment's while it read like this"),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=False, comment="who wrote the next one: key:<id>"),
        sa.Column("replaced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("comment_id", "version"),
        comment="how comments read before they were edited",
    )
