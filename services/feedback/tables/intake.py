"""What vendors deliver: connections, deliveries, and what is still to be fetched."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
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
    id_column,
    metadata,
    version_column,
    workspace_column,
)
from shared.tables import NOW, WRITTEN_ONCE, Moment

Table(
    "connections",
    metadata,
    id_column(),
    workspace_column(),
    Column("vendor", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the token in the URL"),
    Column("token", Text, nullable=False, comment="sealed"),
    Column(
        "secrets", JSONB, nullable=False, server_default="[]", comment="sealed; the newest first, older ones overlap"
    ),
    Column("signing", JSONB, comment="how deliveries are signed, where that is not the vendor's to say"),
    Column("push", JSONB, comment="whose signed tokens vouch for deliveries"),
    Column("rules", JSONB, nullable=False, server_default="{}", comment="how answers are read: its mapping"),
    Column("mapping_version", Integer, nullable=False, server_default="1"),
    Column("credentials", Text, comment="sealed; what responses are fetched with where the vendor only names them"),
    Column("cursors", JSONB, nullable=False, server_default="{}", comment="until when a form's responses are fetched"),
    Column("product_id", UUID, comment="what its statements are about"),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    version_column(),
    created_column(),
    Index("connections_list", "workspace_id", "id"),
)
Table(
    "connection_mappings",
    metadata,
    workspace_column(),
    Column("connection_id", UUID, ForeignKey("connections.id", name="connection_mappings_of"), nullable=False),
    Column("version", Integer, nullable=False, comment="1, 2, 3… of its connection"),
    Column("rules", JSONB, nullable=False),
    created_column(),
    PrimaryKeyConstraint("workspace_id", "connection_id", "version"),
    comment="how a connection's answers were to be read, version by version",
    info={WRITTEN_ONCE: ()},
)
Table(
    "deliveries",
    metadata,
    Column("id", UUID, nullable=False),
    workspace_column(),
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
        comment="received, fetching, applied, ignored, quarantined, erased",
    ),
    Column("reason", Text),
    Column("mapping_version", Integer, comment="of its connection, which it was read under"),
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
    workspace_column(),
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
    workspace_column(),
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
