"""The records of the feedback schema."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.tables import NOW, Moment, platform_tables

metadata = MetaData()
platform_tables(metadata)


def _id() -> Column[object]:
    return Column("id", UUID, primary_key=True)


def _workspace() -> Column[object]:
    return Column("workspace_id", UUID, nullable=False)


def _version() -> Column[object]:
    return Column("version", BigInteger, nullable=False, server_default="1")


def _created() -> Column[object]:
    return Column("created_at", Moment, nullable=False, server_default=NOW)


Table(
    "accounts",
    metadata,
    _id(),
    _workspace(),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("mrr", BigInteger, nullable=False, server_default="0", comment="minor units of the workspace's currency"),
    Column("plan", Text),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    _version(),
    _created(),
    UniqueConstraint("workspace_id", "external_id", name="accounts_external_id"),
    Index("accounts_list", "workspace_id", "id"),
)
Table(
    "contacts",
    metadata,
    _id(),
    _workspace(),
    Column("account_id", UUID, ForeignKey("accounts.id")),
    Column("external_id", Text),
    Column("email", Text),
    Column("name", Text),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    _version(),
    _created(),
    UniqueConstraint("workspace_id", "external_id", name="contacts_external_id"),
    UniqueConstraint("workspace_id", "email", name="contacts_email"),
    Index("contacts_list", "workspace_id", "id"),
    Index("contacts_account", "account_id", "id"),
)
Table(
    "connections",
    metadata,
    _id(),
    _workspace(),
    Column("vendor", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the token in the URL"),
    Column("token", Text, nullable=False, comment="sealed"),
    Column(
        "secrets", JSONB, nullable=False, server_default="[]", comment="sealed; the newest first, older ones overlap"
    ),
    Column("rules", JSONB, nullable=False, server_default="{}", comment="how answers are read"),
    Column("credentials", Text, comment="sealed; what responses are fetched with where the vendor only names them"),
    Column("cursors", JSONB, nullable=False, server_default="{}", comment="until when a form's responses are fetched"),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    _version(),
    _created(),
    Index("connections_list", "workspace_id", "id"),
)
Table(
    "deliveries",
    metadata,
    Column("id", UUID, nullable=False),
    _workspace(),
    Column("connection_id", UUID, nullable=False),
    Column("delivery_key", Text, nullable=False, comment="the vendor's id of the delivery, else the body's hash"),
    Column("sha256", LargeBinary, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("headers", JSONB, nullable=False, comment="those worth keeping, secrets redacted"),
    Column("body", LargeBinary, nullable=False),
    Column(
        "state",
        Text,
        nullable=False,
        server_default="received",
        comment="received, fetching, applied, ignored, quarantined",
    ),
    Column("reason", Text),
    Column("traceparent", Text, nullable=False, server_default=""),
    Column("fetched", LargeBinary, comment="the vendor's answer, where the delivery only names a response"),
    Column("received_at", Moment, nullable=False, server_default=NOW),
    Column("processed_at", Moment),
    UniqueConstraint("connection_id", "delivery_key", name="deliveries_once"),
    PrimaryKeyConstraint("workspace_id", "id"),
    Index("deliveries_connection", "connection_id", "id"),
    Index("deliveries_waiting", "id", postgresql_where=text("state = 'received'")),
    Index(
        "deliveries_aside", "workspace_id", "state", "id", postgresql_where=text("state in ('ignored', 'quarantined')")
    ),
)
Table(
    "fetches",
    metadata,
    _workspace(),
    Column("delivery_id", UUID, nullable=False),
    Column("connection_id", UUID, nullable=False),
    Column("asked", JSONB, nullable=False, comment="the ids to ask the vendor with"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False, server_default=NOW, comment="not before; a claim moves it on"),
    Column("reason", Text, comment="why the last attempt failed"),
    PrimaryKeyConstraint("workspace_id", "delivery_id"),
    Index("fetches_due", "due_at"),
    Index("fetches_connection", "connection_id"),
    comment="responses that are still to be fetched from their vendor",
)
Table(
    "connection_health",
    metadata,
    Column("connection_id", UUID, primary_key=True),
    _workspace(),
    Column("applied", BigInteger, nullable=False, server_default="0", comment="deliveries in that state now"),
    Column("ignored", BigInteger, nullable=False, server_default="0"),
    Column("quarantined", BigInteger, nullable=False, server_default="0"),
    Column("last_delivery_at", Moment),
    Column("last_applied_at", Moment),
    Column("last_failure_at", Moment),
    Column("last_failure", Text, comment="why the last delivery that was set aside could not be read"),
    Column("refused", BigInteger, nullable=False, server_default="0", comment="at the door; noted now and then"),
    Column("last_refused_at", Moment),
    Column("last_refusal", Text),
    comment="what became of a connection's deliveries, kept by whoever settles them",
    postgresql_with={"fillfactor": "50"},
)
Table(
    "feedback",
    metadata,
    Column("id", UUID, nullable=False),
    _workspace(),
    Column("source", Text, nullable=False, comment="channel: api, import, or the vendor"),
    Column("external_id", Text, nullable=False, comment="the source's id of this statement; our own id without one"),
    Column("contact_id", UUID),
    Column("text", Text, nullable=False),
    Column("answers", JSONB, nullable=False, server_default="[]"),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    Column("source_url", Text),
    Column("language", Text),
    Column("connection_id", UUID),
    Column("delivery_id", UUID, comment="the delivery that last wrote it"),
    Column("revised_at", Moment, comment="the source's own time of its last change: an older one never overwrites"),
    Column("said_at", Moment, nullable=False, comment="when the customer said it"),
    Column("received_at", Moment, nullable=False, server_default=NOW),
    _version(),
    UniqueConstraint("workspace_id", "external_id", "source", name="feedback_once"),
    # One index for identity and for listing: each index less is felt at thousands of rows a second.
    PrimaryKeyConstraint("workspace_id", "id"),
    Index("feedback_source", "workspace_id", "source", "id"),
    Index("feedback_contact", "contact_id", "id", postgresql_where=text("contact_id is not null")),
)
Table(
    "ideas",
    metadata,
    _id(),
    _workspace(),
    Column("key", Text, nullable=False, comment="short name that a survey can carry"),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("own_status", Text, nullable=False, server_default="open", comment="what people say"),
    Column("item_status", Text, comment="what the roadmap says: the furthest of its items, null while none has begun"),
    Column("status", Text, Computed("coalesce(item_status, own_status)", persisted=True), nullable=False),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    _version(),
    _created(),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "key", name="ideas_key"),
    Index("ideas_list", "workspace_id", "id"),
    Index("ideas_status", "workspace_id", "status", "id"),
    Index("ideas_kind", "workspace_id", "kind", "id"),
    Index("ideas_status_kind", "workspace_id", "status", "kind", "id"),
)
Table(
    "votes",
    metadata,
    _id(),
    _workspace(),
    Column("idea_id", UUID, ForeignKey("ideas.id"), nullable=False),
    Column("contact_id", UUID, nullable=False),
    Column("importance", Text, nullable=False, server_default="important"),
    Column("on_behalf", Boolean, nullable=False, server_default=text("false")),
    Column("cast_by", UUID, comment="key that cast it"),
    Column("source_url", Text),
    Column("reason", Text),
    Column("mrr", BigInteger, nullable=False, server_default="0", comment="the account's at the time of the vote"),
    _created(),
    UniqueConstraint("idea_id", "contact_id", name="votes_once"),
    Index("votes_list", "workspace_id", "idea_id", "id"),
)
Table(
    "insights",
    metadata,
    Column("id", UUID, nullable=False),
    _workspace(),
    Column("feedback_id", UUID, nullable=False),
    Column("idea_id", UUID, ForeignKey("ideas.id"), nullable=False),
    Column("contact_id", UUID, comment="who said it"),
    Column("excerpt_start", Integer),
    Column("excerpt_end", Integer),
    Column("linked_by", Text, nullable=False, comment="key:<id> or rule:<connection>"),
    _created(),
    ForeignKeyConstraint(["workspace_id", "feedback_id"], ["feedback.workspace_id", "feedback.id"]),
    UniqueConstraint("feedback_id", "idea_id", name="insights_once"),
    PrimaryKeyConstraint("workspace_id", "id"),
    Index("insights_list", "workspace_id", "idea_id", "id"),
)
Table(
    "demand",
    metadata,
    Column("idea_id", UUID, ForeignKey("ideas.id"), primary_key=True),
    _workspace(),
    Column("votes", Integer, nullable=False, server_default="0"),
    Column("insights", Integer, nullable=False, server_default="0"),
    Column("contacts", Integer, nullable=False, server_default="0"),
    Column("accounts", Integer, nullable=False, server_default="0"),
    Column("mrr", BigInteger, nullable=False, server_default="0"),
    Column("currency", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    comment="what is known of the demand for an idea, kept in the writing transaction",
    postgresql_with={"fillfactor": "50"},
)
Table(
    "idea_contacts",
    metadata,
    Column("idea_id", UUID, nullable=False),
    Column("contact_id", UUID, nullable=False),
    _workspace(),
    Column("asks", Integer, nullable=False, comment="votes and insights of this contact for this idea"),
    PrimaryKeyConstraint("idea_id", "contact_id"),
    Index("idea_contacts_contact", "contact_id"),
)
Table(
    "idea_accounts",
    metadata,
    Column("idea_id", UUID, nullable=False),
    Column("account_id", UUID, nullable=False),
    _workspace(),
    Column("contacts", Integer, nullable=False, comment="contacts of this account that ask for this idea"),
    PrimaryKeyConstraint("idea_id", "account_id"),
    Index("idea_accounts_account", "account_id"),
)
Table(
    "requesters",
    metadata,
    Column("item_id", UUID, nullable=False),
    Column("contact_id", UUID, nullable=False),
    _workspace(),
    Column("account_id", UUID),
    Column("idea_id", UUID, nullable=False, comment="one of the ideas they asked for"),
    Column("named_at", Moment, nullable=False),
    PrimaryKeyConstraint("item_id", "contact_id"),
    comment="everyone who asked for what an item shipped, once each",
)
Table(
    "items",
    metadata,
    Column("item_id", UUID, primary_key=True),
    _workspace(),
    Column("version", BigInteger, nullable=False, comment="of the last event heard of it"),
    comment="roadmap items that were heard of",
)
Table(
    "item_ideas",
    metadata,
    Column("item_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    _workspace(),
    Column("status", Text, nullable=False, comment="the item's"),
    PrimaryKeyConstraint("item_id", "idea_id"),
    Index("item_ideas_idea", "idea_id"),
    comment="which ideas are in which item now",
)
