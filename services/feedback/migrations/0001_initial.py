"""The first shape of the schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create sequence events_seq")
    op.create_table(
        "accounts",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "mrr",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="minor units of the workspace's currency",
        ),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "external_id", name="accounts_external_id"),
    )
    op.create_index("accounts_list", "accounts", ["workspace_id", "id"], unique=False)
    op.create_table(
        "connections",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the token in the URL"),
        sa.Column("token", sa.Text(), nullable=False, comment="sealed"),
        sa.Column(
            "secrets",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="sealed; the newest first, older ones overlap",
        ),
        sa.Column(
            "rules",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="how answers are read",
        ),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("connections_list", "connections", ["workspace_id", "id"], unique=False)
    op.create_table(
        "cursors",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="last message applied"),
        sa.Column(
            "created",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="time of creation of the stream it belongs to",
        ),
        sa.Column(
            "applied", sa.BigInteger(), server_default="0", nullable=False, comment="messages applied since seq 0"
        ),
        sa.Column(
            "parked", sa.Integer(), server_default="0", nullable=False, comment="messages parked and not redriven"
        ),
        sa.Column("starts", sa.Integer(), server_default="0", nullable=False, comment="starts since the last success"),
        sa.Column("attempted", sa.BigInteger(), server_default="0", nullable=False, comment="message last tried alone"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False, comment="tries of that message"),
        sa.PrimaryKeyConstraint("stream", "partition"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column(
            "delivery_key", sa.Text(), nullable=False, comment="the vendor's id of the delivery, else the body's hash"
        ),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="those worth keeping, secrets redacted",
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Text(),
            server_default="received",
            nullable=False,
            comment="received, applied, ignored, quarantined",
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("traceparent", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("connection_id", "delivery_key", name="deliveries_once"),
    )
    op.create_index(
        "deliveries_aside",
        "deliveries",
        ["workspace_id", "state", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('ignored', 'quarantined')"),
    )
    op.create_index("deliveries_connection", "deliveries", ["connection_id", "id"], unique=False)
    op.create_index(
        "deliveries_waiting", "deliveries", ["id"], unique=False, postgresql_where=sa.text("state = 'received'")
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("nextval('events_seq')"), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text(), server_default="", nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(data::text) <= 262144", name="events_data_fits"),
        sa.PrimaryKeyConstraint("seq", "occurred_at"),
        comment="outbox (published_at is null) and log, partitioned by day",
        postgresql_partition_by="RANGE (occurred_at)",
    )
    op.create_index(
        "events_unpublished", "events", ["seq"], unique=False, postgresql_where=sa.text("published_at is null")
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="channel: api, import, or the vendor"),
        sa.Column(
            "external_id",
            sa.Text(),
            nullable=False,
            comment="the source's id of this statement; our own id without one",
        ),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("connection_id", sa.UUID(), nullable=True),
        sa.Column("delivery_id", sa.UUID(), nullable=True, comment="the delivery that last wrote it"),
        sa.Column(
            "revised_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the source's own time of its last change: an older one never overwrites",
        ),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False, comment="when the customer said it"),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "external_id", "source", name="feedback_once"),
    )
    op.create_index(
        "feedback_contact",
        "feedback",
        ["contact_id", "id"],
        unique=False,
        postgresql_where=sa.text("contact_id is not null"),
    )
    op.create_index("feedback_source", "feedback", ["workspace_id", "source", "id"], unique=False)
    op.create_table(
        "idea_accounts",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False, comment="contacts of this account that ask for this idea"),
        sa.PrimaryKeyConstraint("idea_id", "account_id"),
    )
    op.create_index("idea_accounts_account", "idea_accounts", ["account_id"], unique=False)
    op.create_table(
        "idea_contacts",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("asks", sa.Integer(), nullable=False, comment="votes and insights of this contact for this idea"),
        sa.PrimaryKeyConstraint("idea_id", "contact_id"),
    )
    op.create_index("idea_contacts_contact", "idea_contacts", ["contact_id"], unique=False)
    op.create_table(
        "ideas",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="short name that a survey can carry"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("own_status", sa.Text(), server_default="open", nullable=False, comment="what people say"),
        sa.Column(
            "item_status",
            sa.Text(),
            nullable=True,
            comment="what the roadmap says: the furthest of its items, null while none has begun",
        ),
        sa.Column(
            "status", sa.Text(), sa.Computed("coalesce(item_status, own_status)", persisted=True), nullable=False
        ),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="ideas_key"),
    )
    op.create_index("ideas_kind", "ideas", ["workspace_id", "kind", "id"], unique=False)
    op.create_index("ideas_list", "ideas", ["workspace_id", "id"], unique=False)
    op.create_index("ideas_status", "ideas", ["workspace_id", "status", "id"], unique=False)
    op.create_index("ideas_status_kind", "ideas", ["workspace_id", "status", "kind", "id"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="SHA-256 of method, path and body"),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key"),
    )
    op.create_index("idempotency_age", "idempotency", ["created_at"], unique=False, postgresql_using="brin")
    op.create_table(
        "item_ideas",
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="the item's"),
        sa.PrimaryKeyConstraint("item_id", "idea_id"),
        comment="which ideas are in which item now",
    )
    op.create_index("item_ideas_idea", "item_ideas", ["idea_id"], unique=False)
    op.create_table(
        "items",
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of the last event heard of it"),
        sa.PrimaryKeyConstraint("item_id"),
        comment="roadmap items that were heard of",
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.UUID(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("redriven_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "parked_waiting",
        "parked",
        ["stream", "aggregate_id", "seq"],
        unique=False,
        postgresql_where=sa.text("redriven_at is null"),
    )
    op.create_table(
        "published_stream",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
        comment="which stream the outbox was published to, by its time of creation",
    )
    op.create_table(
        "requesters",
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("idea_id", sa.UUID(), nullable=False, comment="one of the ideas they asked for"),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "contact_id"),
        comment="everyone who asked for what an item shipped, once each",
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "email", name="contacts_email"),
        sa.UniqueConstraint("workspace_id", "external_id", name="contacts_external_id"),
    )
    op.create_index("contacts_account", "contacts", ["account_id", "id"], unique=False)
    op.create_index("contacts_list", "contacts", ["workspace_id", "id"], unique=False)
    op.create_table(
        "demand",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("votes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("insights", sa.Integer(), server_default="0", nullable=False),
        sa.Column("contacts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accounts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("mrr", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="what is known of the demand for an idea, kept in the writing transaction",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "insights",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("feedback_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=True, comment="who said it"),
        sa.Column("excerpt_start", sa.Integer(), nullable=True),
        sa.Column("excerpt_end", sa.Integer(), nullable=True),
        sa.Column("linked_by", sa.Text(), nullable=False, comment="key:<id> or rule:<connection>"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "feedback_id"],
            ["feedback.workspace_id", "feedback.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("feedback_id", "idea_id", name="insights_once"),
    )
    op.create_index("insights_list", "insights", ["workspace_id", "idea_id", "id"], unique=False)
    op.create_table(
        "votes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("importance", sa.Text(), server_default="important", nullable=False),
        sa.Column("on_behalf", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cast_by", sa.UUID(), nullable=True, comment="key that cast it"),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "mrr", sa.BigInteger(), server_default="0", nullable=False, comment="the account's at the time of the vote"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["idea_id"],
            ["ideas.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idea_id", "contact_id", name="votes_once"),
    )
    op.create_index("votes_list", "votes", ["workspace_id", "idea_id", "id"], unique=False)
