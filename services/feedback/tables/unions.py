"""What was told of ideas that have been merged."""

from sqlalchemy import BigInteger, Column, Table
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import metadata, workspace_column

Table(
    "kano_unions",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    workspace_column(),
    Column("version", BigInteger, nullable=False, comment="of the last that was told of it"),
    comment="ideas whose Kano was once counted with that of others: their events are numbered here from then on",
)
