"""The records of the roadmap schema."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from shared.tables import NOW, Moment, platform_tables

metadata = MetaData()
platform_tables(metadata)

Table(
    "ideas",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("merged_into", UUID, comment="the idea that everything asked of this one counts for"),
    Column("version", BigInteger, nullable=False),
    Index("ideas_merged", "workspace_id", "merged_into", postgresql_where=text("merged_into is not null")),
    comment="projection of feedback.idea.changed",
)
Table(
    "demand",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("votes", BigInteger, nullable=False),
    Column("contacts", BigInteger, nullable=False),
    Column("accounts", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    comment="projection of feedback.demand.changed: what a published page shows of it",
    postgresql_with={"fillfactor": "70"},
)
Table(
    "scores",
    metadata,
    Column("score_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("model_id", UUID, nullable=False),
    Column("model_version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("value", Double[float]()),
    Column("version", BigInteger, nullable=False),
    Index("scores_idea", "workspace_id", "idea_id"),
    comment="projection of scoring.score.changed",
    postgresql_with={"fillfactor": "70"},
)
Table(
    "items",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default="", comment="what the public may read"),
    Column("status", Text, nullable=False),
    Column("target", Date, comment="when it is expected"),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    Column("shipped_at", Moment),
    Index("items_list", "workspace_id", "id"),
    Index("items_status", "workspace_id", "status", "id"),
    # What a page shows of a status: the newest shipped, or the newest planned where nothing has shipped.
    Index("items_shown", "workspace_id", "status", "shipped_at", "id"),
)
Table(
    "item_ideas",
    metadata,
    Column("item_id", UUID, ForeignKey("items.id"), nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("workspace_id", UUID, nullable=False),
    PrimaryKeyConstraint("item_id", "idea_id"),
    Index("item_ideas_idea", "idea_id"),
)
Table(
    "item_history",
    metadata,
    Column("item_id", UUID, ForeignKey("items.id"), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("workspace_id", UUID, nullable=False),
    Column("status", Text, nullable=False),
    Column("changed", ARRAY(Text), nullable=False, comment="fields that this change set"),
    Column("note", Text),
    Column("changed_by", UUID),
    Column("changed_at", Moment, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("item_id", "version"),
)
Table(
    "views",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("introduction", Text, nullable=False, server_default=""),
    Column("statuses", ARRAY(Text), nullable=False, comment="items in these are shown, in this order"),
    Column("fields", ARRAY(Text), nullable=False, comment="what is shown of an item, besides its title and status"),
    Column("published", Boolean, nullable=False, server_default=text("false")),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "slug", name="views_slug"),
    Index("views_list", "workspace_id", "id"),
)
