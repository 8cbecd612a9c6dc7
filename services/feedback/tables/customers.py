"""Customers: accounts and the contacts there."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.feedback.tables.schema import (
    created_column,
    id_column,
    metadata,
    version_column,
    workspace_column,
)

Table(
    "accounts",
    metadata,
    id_column(),
    workspace_column(),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("mrr", BigInteger, nullable=False, server_default="0", comment="minor units of the workspace's currency"),
    Column("plan", Text),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    version_column(),
    created_column(),
    UniqueConstraint("workspace_id", "external_id", name="accounts_external_id"),
    Index("accounts_list", "workspace_id", "id"),
)
Table(
    "contacts",
    metadata,
    id_column(),
    workspace_column(),
    Column("account_id", UUID, ForeignKey("accounts.id")),
    Column("external_id", Text),
    Column("email", Text),
    Column("name", Text),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    version_column(),
    created_column(),
    UniqueConstraint("workspace_id", "external_id", name="contacts_external_id"),
    UniqueConstraint("workspace_id", "email", name="contacts_email"),
    Index("contacts_list", "workspace_id", "id"),
    Index("contacts_account", "account_id", "id"),
)
