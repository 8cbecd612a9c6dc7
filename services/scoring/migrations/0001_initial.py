"""The first shape of the schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0001"
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
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("insights", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("mrr", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False, comment="the event this state is from"),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="projection of feedback.demand.changed",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("demand_list", "demand", ["workspace_id", "idea_id"], unique=False)
    op.create_table(
        "estimates",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False, comment="reach, impact, confidence, effort…"),
        sa.Column("value", sa.Double[float](), nullable=False),
        sa.Column("estimator", sa.Text(), nullable=False, comment="who, in the caller's own words: an id, not a name"),
        sa.Column("discipline", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "current", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="this estimator's latest"
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "estimates_current",
        "estimates",
        ["workspace_id", "idea_id", "input", "estimator"],
        unique=True,
        postgresql_where=sa.text("current"),
    )
    op.create_index("estimates_list", "estimates", ["workspace_id", "idea_id", "id"], unique=False)
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
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="projection of feedback.idea.changed",
    )
    op.create_index("ideas_list", "ideas", ["workspace_id", "idea_id"], unique=False)
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
        "models",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False, comment="raised by each edit"),
        sa.Column(
            "revision", sa.BigInteger(), server_default="1", nullable=False, comment="raised when the parameters change"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="models_name"),
    )
    op.create_index("models_list", "models", ["workspace_id", "id"], unique=False)
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
        "model_revisions",
        sa.Column("model_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "revision"),
        comment="every set of parameters that a score may name",
    )
    op.create_table(
        "rescores",
        sa.Column("model_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("after", sa.UUID(), nullable=False, comment="ideas up to this one are done"),
        sa.Column("traceparent", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("model_id"),
        comment="models whose change has not reached every idea yet",
    )
    op.create_table(
        "scores",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("model_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("model_version", sa.BigInteger(), nullable=False, comment="the model's revision"),
        sa.Column("state", sa.Text(), nullable=False, comment="scored or not_scoreable"),
        sa.Column("value", sa.Double[float](), nullable=True),
        sa.Column(
            "inputs",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="every input: value and where it came from",
        ),
        sa.Column("missing", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.UUID(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id", "model_id"),
    )
    op.create_index("scores_ranking", "scores", ["workspace_id", "model_id", "value", "idea_id"], unique=False)
    op.create_table(
        "workers",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
