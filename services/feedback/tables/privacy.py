"""Erasures: what is still to be forgotten, and the receipts for what was."""

from sqlalchemy import Column, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from services.feedback.tables.schema import id_column, metadata, workspace_column
from shared.tables import NOW, Moment

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
