"""What is to be forgotten: people who asked for it, with their receipts, and what has been kept long enough."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from services.feedback.tables.schema import id_column, metadata, version_column, workspace_column
from shared.tables import NOW, Moment

NONE_YET = "00000000-0000-0000-0000-000000000000"

Table(
    "erasures",
    metadata,
    id_column(),
    workspace_column(),
    Column("contact_ids", ARRAY(UUID), nullable=False, comment="the person, and whoever turned out to be them"),
    Column("subject", Text, comment="sealed; what the person is searched for by, null once that is over"),
    Column("reference", Text, comment="the caller's own number of the request"),
    Column("requested_by", Text, nullable=False, comment="key:<id>"),
    Column("requested_at", Moment, nullable=False, server_default=NOW),
    Column("seen_at", Moment, comment="when a worker first saw it: it waits for older transactions"),
    Column("step", Text, comment="the step it is at; null before the first"),
    Column("place", Text, nullable=False, server_default="", comment="how far in that step"),
    Column("counts", JSONB, nullable=False, server_default="{}", comment="rows changed so far, by table"),
    Column("due_at", Moment, nullable=False, server_default=NOW, comment="not before; moved on when a step fails"),
    Column("failure", Text, comment="why the last step failed; null while all goes well"),
    Column("receipt", Text, comment="JSON, exactly as it was signed"),
    Column("signature", Text),
    Column("finished_at", Moment),
    Index("erasures_list", "workspace_id", "id"),
    Index("erasures_waiting", "id", postgresql_where=text("finished_at is null")),
)
Table(
    "retention",
    metadata,
    Column("workspace_id", UUID, primary_key=True),
    Column("deliveries_days", Integer, comment="how long raw deliveries are kept; null for good"),
    Column(
        "place",
        UUID,
        nullable=False,
        server_default=NONE_YET,
        comment="the last delivery that was looked at",
    ),
    Column("emptied", BigInteger, nullable=False, server_default="0"),
    Column("swept_at", Moment),
    Column("due_at", Moment, comment="when deliveries are gone through next; null for never"),
    version_column(),
    Index("retention_due", "due_at", postgresql_where=text("due_at is not null")),
    comment="how long a workspace keeps what",
)
