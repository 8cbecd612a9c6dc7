"""What the records of a file would become: kept while a dry run reads it, and shown until its import is deleted."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.feedback.tables.schema import metadata, workspace_column

Table(
    "rehearsals",
    metadata,
    workspace_column(),
    Column("import_id", UUID, ForeignKey("imports.id", ondelete="cascade"), nullable=False),
    Column("kind", Text, nullable=False, comment="what the record is"),
    Column("number", BigInteger, nullable=False, comment="its row"),
    Column("place", SmallInteger, nullable=False, comment="among the records of the row"),
    Column("outcome", Text, nullable=False, comment="created, updated or duplicate"),
    Column("name", LargeBinary, nullable=False, comment="digest of what makes it the same record in another row"),
    Column("said", LargeBinary, comment="digest of what it says, where saying something else changes it"),
    Column("ideas", JSONB, nullable=False, server_default="[]", comment="name and, where it is here already, id"),
    Column("merged_into", Text, comment="of an idea: external id of the one that answers for it"),
    Column("contact", Text, comment="known or new, where it has one"),
    Column("contact_id", UUID, comment="the contact, where it is here already"),
    PrimaryKeyConstraint("import_id", "kind", "number", "place"),
    Index("rehearsals_named", "import_id", "kind", "name"),
    comment="digests and ids: nothing that a person could be read from",
)
