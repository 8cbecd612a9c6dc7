"""The schema `access`: owned by the migrating role, reached by services through functions and their own rows only."""

from sqlalchemy import ARRAY, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from shared.tables import NOW, Moment

metadata = MetaData()

Table(
    "workspaces",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
)
Table(
    "api_keys",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("rate", Integer, comment="requests a second; the service's default when null"),
    Column(
        "origins",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="whose pages may use it from a browser; none: no page's",
    ),
    Column("expires_at", Moment),
    Column("revoked_at", Moment, comment="may lie ahead: the end of a rotation's overlap"),
    Column("last_used_at", Moment),
    Column("replaces", UUID, ForeignKey("api_keys.id")),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Index("api_keys_workspace", "workspace_id", "id"),
)
