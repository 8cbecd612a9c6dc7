"""What is said about ideas and feedback, inside and outside."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import (
    created_column,
    id_column,
    metadata,
    version_column,
    workspace_column,
)
from shared.tables import NOW, Moment

Table(
    "comments",
    metadata,
    id_column(),
    workspace_column(),
    Column("idea_id", UUID, ForeignKey("ideas.id")),
    Column("feedback_id", UUID),
    Column("board_id", UUID, ForeignKey("boards.id"), comment="shown on this board only; null: wherever the idea is"),
    Column("parent_id", UUID, ForeignKey("comments.id"), comment="the comment that it answers, which answers none"),
    Column("visibility", Text, nullable=False, comment="public or internal"),
    Column("state", Text, nullable=False, comment="pending, shown, rejected or spam"),
    Column("contact_id", UUID, comment="who said it, when a customer did"),
    Column("author", Text, nullable=False, comment="who wrote it down: key:<id>"),
    Column("signature", Text, comment="how a team member is called outside"),
    Column("text", Text, nullable=False),
    Column("edited_at", Moment),
    Column("deleted_at", Moment, comment="what is left is a tombstone without words"),
    version_column(),
    created_column(),
    CheckConstraint("num_nonnulls(idea_id, feedback_id) = 1", name="comments_on_one_thing"),
    CheckConstraint("visibility = 'internal' or idea_id is not null", name="comments_on_feedback_stay_inside"),
    Index("comments_list", "workspace_id", "id"),
    Index("comments_idea", "idea_id", "id", postgresql_where=text("idea_id is not null")),
    Index("comments_feedback", "feedback_id", "id", postgresql_where=text("feedback_id is not null")),
    Index("comments_parent", "parent_id", "id", postgresql_where=text("parent_id is not null")),
    Index("comments_contact", "contact_id", "id", postgresql_where=text("contact_id is not null")),
)
Table(
    "comment_versions",
    metadata,
    Column("comment_id", UUID, ForeignKey("comments.id", ondelete="cascade"), nullable=False),
    Column("version", BigInteger, nullable=False, comment="the comment's while it read like this"),
    workspace_column(),
    Column("text", Text, nullable=False),
    Column("replaced_by", Text, nullable=False, comment="who wrote the next one: key:<id>"),
    Column("replaced_at", Moment, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("comment_id", "version"),
    comment="how comments read before they were edited",
)
Table(
    "comment_mentions",
    metadata,
    Column("mentioned", Text, nullable=False, comment="a handle in lower case, or a contact's id"),
    Column("comment_id", UUID, ForeignKey("comments.id", ondelete="cascade"), nullable=False),
    workspace_column(),
    PrimaryKeyConstraint("workspace_id", "mentioned", "comment_id"),
    Index("comment_mentions_of", "comment_id"),
)
Table(
    "comment_counts",
    metadata,
    Column("idea_id", UUID, nullable=False),
    Column("board_id", UUID, nullable=False, comment="zero: comments that are shown wherever the idea is"),
    workspace_column(),
    Column("shown", Integer, nullable=False, server_default="0", comment="public comments that stand there"),
    PrimaryKeyConstraint("idea_id", "board_id"),
    comment="kept in the transaction that writes the comment",
)
