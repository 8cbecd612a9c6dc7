"""Candidate changes, the votes for them, and what the roadmap makes of them."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

from services.feedback.tables.schema import (
    created_column,
    id_column,
    metadata,
    version_column,
    workspace_column,
)
from shared.tables import NOW, Moment

# Twice: as it stands, so that a word can be found while it is being typed, and by its stem. The title weighs more.
SEARCHED = """
setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('english', title), 'A')
|| setweight(to_tsvector('simple', left(description, 10000)), 'B')
|| setweight(to_tsvector('english', left(description, 10000)), 'B')
"""

Table(
    "ideas",
    metadata,
    id_column(),
    workspace_column(),
    Column("key", Text, nullable=False, comment="short name that a survey can carry"),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("own_status", Text, nullable=False, server_default="open", comment="what people say"),
    Column("item_status", Text, comment="what the roadmap says: the furthest of its items, null while none has begun"),
    Column("status", Text, Computed("coalesce(item_status, own_status)", persisted=True), nullable=False),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    Column("product_id", UUID, ForeignKey("products.id", name="ideas_product")),
    Column("component_id", UUID, ForeignKey("components.id", name="ideas_component")),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("owner", Text, comment="who looks after it, in the caller's own words"),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    Column("merged_into", UUID, ForeignKey("ideas.id", name="ideas_merged_into"), comment="as somebody said"),
    Column("merged_root", UUID, comment="where merged_into leads to in the end"),
    Column("merged_at", Moment),
    Column("merged_by", Text),
    Column(
        "root", UUID, Computed("coalesce(merged_root, id)", persisted=True), nullable=False, comment="where it counts"
    ),
    Column("search", TSVECTOR, Computed(SEARCHED, persisted=True), nullable=False),
    version_column(),
    created_column(),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "key", name="ideas_key"),
    Index("ideas_list", "workspace_id", "id"),
    Index("ideas_status", "workspace_id", "status", "id"),
    Index("ideas_kind", "workspace_id", "kind", "id"),
    Index("ideas_status_kind", "workspace_id", "status", "kind", "id"),
    Index("ideas_updated", "workspace_id", "updated_at", "id"),
    Index("ideas_product", "workspace_id", "product_id", "id", postgresql_where=text("product_id is not null")),
    Index("ideas_component", "workspace_id", "component_id", "id", postgresql_where=text("component_id is not null")),
    Index("ideas_owner", "workspace_id", "owner", "id", postgresql_where=text("owner is not null")),
    Index("ideas_merged", "merged_root", "id", postgresql_where=text("merged_root is not null")),
)
Table(
    "idea_terms",
    metadata,
    Column("idea_id", UUID, ForeignKey("ideas.id"), nullable=False),
    Column(
        "term",
        Text(collation="C"),
        nullable=False,
        comment="a word of its title or description, #tag, or = and the hash of a field of one's own",
    ),
    workspace_column(),
    PrimaryKeyConstraint("idea_id", "term"),
    Index("idea_terms_found", "workspace_id", "term", "idea_id"),
    comment="what ideas are found by; rows, because row security lets no GIN index be used",
)
Table(
    "idea_followers",
    metadata,
    Column("idea_id", UUID, ForeignKey("ideas.id"), nullable=False),
    Column("contact_id", UUID, nullable=False),
    workspace_column(),
    Column("follows", Boolean, nullable=False, comment="false: does not, though they asked for it"),
    Column("said_at", Moment, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("idea_id", "contact_id"),
    Index("idea_followers_contact", "contact_id"),
    comment="who said that they follow an idea or do not; whoever asks for one follows it without saying so",
)
Table(
    "votes",
    metadata,
    id_column(),
    workspace_column(),
    Column("idea_id", UUID, ForeignKey("ideas.id"), nullable=False),
    Column("contact_id", UUID, nullable=False),
    Column("importance", Text, nullable=False, server_default="important"),
    Column("on_behalf", Boolean, nullable=False, server_default=text("false")),
    Column("cast_by", UUID, comment="key that cast it"),
    Column("source", Text, nullable=False, server_default="api", comment="channel that it came through"),
    Column("source_url", Text),
    Column("reason", Text),
    Column("mrr", BigInteger, nullable=False, server_default="0", comment="the account's at the time of the vote"),
    version_column(),
    created_column(),
    UniqueConstraint("idea_id", "contact_id", name="votes_once"),
    Index("votes_list", "workspace_id", "idea_id", "id"),
    Index("votes_contact", "contact_id", "id"),
)
Table(
    "items",
    metadata,
    Column("item_id", UUID, primary_key=True),
    workspace_column(),
    Column("version", BigInteger, nullable=False, comment="of the last event heard of it"),
    comment="roadmap items that were heard of",
)
Table(
    "item_ideas",
    metadata,
    Column("item_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    workspace_column(),
    Column("status", Text, nullable=False, comment="the item's"),
    PrimaryKeyConstraint("item_id", "idea_id"),
    Index("item_ideas_idea", "idea_id"),
    comment="which ideas are in which item now",
)
Table(
    "requesters",
    metadata,
    Column("item_id", UUID, nullable=False),
    Column("contact_id", UUID, nullable=False),
    workspace_column(),
    Column("account_id", UUID),
    Column("idea_id", UUID, nullable=False, comment="one of the ideas they asked for"),
    Column("named_at", Moment, nullable=False),
    PrimaryKeyConstraint("item_id", "contact_id"),
    Index("requesters_contact", "contact_id"),
    comment="everyone who asked for what an item shipped, once each",
)
