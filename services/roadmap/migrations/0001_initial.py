"""The first shape of the schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "roadmap_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create sequence events_seq")
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
        "demand",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("votes", sa.BigInteger(), nullable=False),
        sa.Column("contacts", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="projection of feedback.demand.changed: what a published page shows of it",
        postgresql_with={"fillfactor": "70"},
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
        "ideas",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="projection of feedback.idea.changed",
    )
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
        "items",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False, comment="what the public may read"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("target", sa.Date(), nullable=True, comment="when it is expected"),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("items_list", "items", ["workspace_id", "id"], unique=False)
    op.create_index("items_shown", "items", ["workspace_id", "status", "shipped_at", "id"], unique=False)
    op.create_index("items_status", "items", ["workspace_id", "status", "id"], unique=False)
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
        "scores",
        sa.Column("score_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("model_id", sa.UUID(), nullable=False),
        sa.Column("model_version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Double[float](), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("score_id"),
        comment="projection of scoring.score.changed",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("scores_idea", "scores", ["workspace_id", "idea_id"], unique=False)
    op.create_table(
        "views",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("introduction", sa.Text(), server_default="", nullable=False),
        sa.Column("statuses", sa.ARRAY(sa.Text()), nullable=False, comment="items in these are shown, in this order"),
        sa.Column(
            "fields",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="what is shown of an item, besides its title and status",
        ),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "slug", name="views_slug"),
    )
    op.create_index("views_list", "views", ["workspace_id", "id"], unique=False)
    op.create_table(
        "workers",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "item_history",
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("changed", sa.ARRAY(sa.Text()), nullable=False, comment="fields that this change set"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("changed_by", sa.UUID(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("item_id", "version"),
    )
    op.create_table(
        "item_ideas",
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("item_id", "idea_id"),
    )
    op.create_index("item_ideas_idea", "item_ideas", ["idea_id"], unique=False)
