"""Tables that every service has in its schema: the log, the positions, the parked, the answers remembered.

They describe the schema to Alembic; statements are plain SQL in each `store.py`.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID

NOW = text("now()")
Moment = DateTime(timezone=True)
EVENT_BYTES = 262_144
"""Limit of an event's body: well below the broker's, and checked where the change is made, not where it is sent."""
WRITTEN_ONCE = "written_once"
"""Key of a table's `info`: a service adds to it, and its role may change or delete nothing there but these columns."""

__all__ = ["EVENT_BYTES", "NOW", "WRITTEN_ONCE", "Identity", "Moment", "platform_tables"]


def platform_tables(metadata: MetaData) -> None:
    """Add the platform's tables to a service's schema."""
    Table(
        "events",
        metadata,
        Column(
            "seq", BigInteger, Sequence("events_seq", metadata=metadata), server_default=text("nextval('events_seq')")
        ),
        Column("id", UUID, nullable=False),
        Column("workspace_id", UUID, nullable=False),
        Column("type", Text, nullable=False),
        Column("aggregate_id", UUID, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("occurred_at", Moment, nullable=False),
        Column("traceparent", Text, nullable=False, server_default=""),
        # As it came: nothing looks into it here, and jsonb would be made and printed for nobody.
        Column("data", JSON, nullable=False),
        PrimaryKeyConstraint("seq", "occurred_at"),
        CheckConstraint(f"octet_length(data::text) <= {EVENT_BYTES}", name="events_data_fits"),
        postgresql_partition_by="RANGE (occurred_at)",
        comment="the log, partitioned by day: written once and never changed",
        info={WRITTEN_ONCE: ()},
    )
    Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("occurred_at", Moment, nullable=False, comment="names the partition of the log"),
        comment="events that the stream has not acknowledged yet",
    )
    Table(
        "published_stream",
        metadata,
        Column("stream", Text, primary_key=True),
        Column("created", Moment, nullable=False),
        comment="which stream the outbox was published to, by its time of creation",
    )
    Table(
        "log_seals",
        metadata,
        Column("workspace_id", UUID, nullable=False),
        Column("position", BigInteger, nullable=False, comment="1, 2, 3… in each workspace"),
        Column("first", BigInteger, nullable=False, comment="seq of the first event of the stretch"),
        Column("last", BigInteger, nullable=False, comment="and of its last"),
        Column("events", Integer, nullable=False),
        Column("stretch", Text, nullable=False, comment="SHA-256 over the hashes of its events, in order"),
        Column("digest", Text, nullable=False, comment="SHA-256 over this seal and the digest of the one before"),
        Column("signature", Text, nullable=False, comment="of the digest, by a key that is not in the database"),
        Column("sealed_at", Moment, nullable=False, server_default=NOW),
        PrimaryKeyConstraint("workspace_id", "position"),
        comment="closed stretches of the log, hashed and chained: what is changed in them later shows",
        info={WRITTEN_ONCE: ()},
    )
    Table(
        "log_sealed",
        metadata,
        Column("upto", BigInteger, primary_key=True, autoincrement=False),
        comment="one row: the seq that the log of all workspaces is sealed up to",
    )
    Table(
        "cursors",
        metadata,
        Column("stream", Text, nullable=False),
        Column("partition", SmallInteger, nullable=False),
        Column("seq", BigInteger, nullable=False, comment="last message applied"),
        Column("created", Moment, nullable=False, comment="time of creation of the stream it belongs to"),
        Column("applied", BigInteger, nullable=False, server_default="0", comment="messages applied since seq 0"),
        Column("parked", Integer, nullable=False, server_default="0", comment="messages parked and not redriven"),
        Column("starts", Integer, nullable=False, server_default="0", comment="starts since the last success"),
        Column("attempted", BigInteger, nullable=False, server_default="0", comment="message last tried alone"),
        Column("attempts", Integer, nullable=False, server_default="0", comment="tries of that message"),
        PrimaryKeyConstraint("stream", "partition"),
        # Moved by every batch: room on the page keeps the update in place.
        postgresql_with={"fillfactor": "50"},
    )
    Table(
        "parked",
        metadata,
        Column("id", UUID, primary_key=True),
        Column("workspace_id", UUID),
        Column("stream", Text, nullable=False),
        Column("partition", SmallInteger, nullable=False),
        Column("seq", BigInteger, nullable=False),
        Column("type", Text, nullable=False),
        Column("aggregate_id", UUID),
        Column("headers", JSONB, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("error", Text, nullable=False),
        Column("parked_at", Moment, nullable=False, server_default=NOW),
        Column("redriven_at", Moment),
        Index("parked_waiting", "stream", "aggregate_id", "seq", postgresql_where=text("redriven_at is null")),
    )
    Table(
        "workers",
        metadata,
        Column("id", UUID, primary_key=True),
        Column("seen_at", Moment, nullable=False),
    )
    Table(
        "idempotency",
        metadata,
        Column("workspace_id", UUID, nullable=False),
        Column("key", Text, nullable=False),
        Column("fingerprint", LargeBinary, nullable=False, comment="SHA-256 of method, path and body"),
        Column("status", SmallInteger, nullable=False),
        Column("headers", JSONB, nullable=False, server_default="{}"),
        Column("body", LargeBinary, nullable=False),
        Column("created_at", Moment, nullable=False, server_default=NOW),
        Column("outline", LargeBinary, comment="where the body's values were, with check sums; sealed"),
        PrimaryKeyConstraint("workspace_id", "key"),
        Index("idempotency_age", "created_at", postgresql_using="brin"),
    )
