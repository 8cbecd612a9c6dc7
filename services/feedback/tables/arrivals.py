"""Comments that were imported: what each was elsewhere."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import metadata, workspace_column

Table(
    "comment_origins",
    metadata,
    workspace_column(),
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False, comment="the comment's id there"),
    Column("comment_id", UUID, ForeignKey("comments.id", ondelete="cascade"), nullable=False),
    Column("answers", Text, comment="external id of the comment that it answers there, until the two are joined here"),
    PrimaryKeyConstraint("workspace_id", "source", "external_id"),
    Index("comment_origins_comment", "comment_id"),
    Index(
        "comment_origins_answers",
        "workspace_id",
        "source",
        "external_id",
        postgresql_where=text("answers is not null"),
    ),
    comment="imports find comments again by it; an answer may come before what it answers",
)
