"""The schema, and the columns that most of its tables have."""

from sqlalchemy import BigInteger, Column, MetaData
from sqlalchemy.dialects.postgresql import UUID

from shared.tables import NOW, Moment, platform_tables

metadata = MetaData()
platform_tables(metadata)


def id_column() -> Column[object]:
    """The key of a table whose rows are found by their id alone."""
    return Column("id", UUID, primary_key=True)


def workspace_column() -> Column[object]:
    """The tenant: every row has one."""
    return Column("workspace_id", UUID, nullable=False)


def version_column() -> Column[object]:
    """Raised by every change; what If-Match and consumers compare."""
    return Column("version", BigInteger, nullable=False, server_default="1")


def created_column() -> Column[object]:
    """When the row was made."""
    return Column("created_at", Moment, nullable=False, server_default=NOW)
