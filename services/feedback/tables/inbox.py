"""Statements, and the insights that link them to ideas and needs."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.feedback.tables.schema import (
    created_column,
    metadata,
    version_column,
    workspace_column,
)
from shared.tables import NOW, Moment

Table(
    "feedback",
    metadata,
    Column("id", UUID, nullable=False),
    workspace_column(),
    Column("source", Text, nullable=False, comment="channel: api, import, or the vendor"),
    Column("external_id", Text, nullable=False, comment="the source's id of this statement; our own id without one"),
    Column("contact_id", UUID),
    Column("text", Text, nullable=False),
    Column("answers", JSONB, nullable=False, server_default="[]"),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    Column("source_url", Text),
    Column("language", Text),
    Column("product_id", UUID, comment="what it is about, where its source says so"),
    Column("connection_id", UUID),
    Column("delivery_id", UUID, comment="the delivery that last wrote it"),
    Column("revised_at", Moment, comment="the source's own time of its last change: an older one never overwrites"),
    Column("said_at", Moment, nullable=False, comment="when the customer said it"),
    Column("received_at", Moment, nullable=False, server_default=NOW),
    version_column(),
    Column("state", Text, nullable=False, server_default="new", comment="in the inbox: new, linked, archived, snoozed"),
    UniqueConstraint("workspace_id", "external_id", "source", name="feedback_once"),
    # One index for identity and for listing: each index less is felt at thousands of rows a second.
    PrimaryKeyConstraint("workspace_id", "id"),
    Index("feedback_source", "workspace_id", "source", "id"),
    # With the workspace, without which row security cannot tell by the index alone.
    Index("feedback_contact_list", "workspace_id", "contact_id", "id", postgresql_where=text("contact_id is not null")),
    # Of no cost to what names no product.
    Index("feedback_product", "workspace_id", "product_id", "id", postgresql_where=text("product_id is not null")),
    Index("feedback_new", "workspace_id", "id", postgresql_where=text("state = 'new'")),
    # Of no cost to what comes in.
    Index("feedback_seen", "workspace_id", "state", "id", postgresql_where=text("state <> 'new'")),
)
Table(
    "insights",
    metadata,
    Column("id", UUID, nullable=False),
    workspace_column(),
    Column("feedback_id", UUID, nullable=False),
    Column("idea_id", UUID, ForeignKey("ideas.id"), comment="what it speaks for: an idea or a need"),
    Column("need_id", UUID, ForeignKey("needs.id", name="insights_need")),
    Column("contact_id", UUID, comment="who said it"),
    Column("excerpt_start", Integer),
    Column("excerpt_end", Integer),
    Column("excerpt_hash", LargeBinary, comment="SHA-256 of the excerpt as it was: tells when the text has changed"),
    Column("confidence", Float(53), comment="0 to 1: how sure whoever linked it was"),
    Column("linked_by", Text, nullable=False, comment="key:<id> or rule:<connection>"),
    version_column(),
    created_column(),
    ForeignKeyConstraint(["workspace_id", "feedback_id"], ["feedback.workspace_id", "feedback.id"]),
    UniqueConstraint("feedback_id", "idea_id", name="insights_once"),
    CheckConstraint("num_nonnulls(idea_id, need_id) = 1", name="insights_one_target"),
    PrimaryKeyConstraint("workspace_id", "id"),
    Index("insights_list", "workspace_id", "idea_id", "id"),
    Index(
        "insights_of_idea",
        "workspace_id",
        "idea_id",
        "feedback_id",
        postgresql_where=text("idea_id is not null"),
    ),
    Index("insights_once_need", "feedback_id", "need_id", unique=True, postgresql_where=text("need_id is not null")),
    Index("insights_need_list", "workspace_id", "need_id", "id", postgresql_where=text("need_id is not null")),
)
