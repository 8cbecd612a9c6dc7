"""Customers: accounts and the contacts there."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
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
from shared.tables import NOW, Moment

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
Table(
    "segments",
    metadata,
    id_column(),
    workspace_column(),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("selects", Text, nullable=False, comment="accounts or contacts"),
    Column("rule", JSONB, comment="null: its members are named by hand"),
    Column("members", BigInteger, nullable=False, server_default="0", comment="rows of segment_members"),
    version_column(),
    created_column(),
    UniqueConstraint("workspace_id", "key", name="segments_key"),
    Index("segments_list", "workspace_id", "id"),
)
Table(
    "segment_members",
    metadata,
    Column("segment_id", UUID, ForeignKey("segments.id", ondelete="cascade"), nullable=False),
    Column("member_id", UUID, nullable=False, comment="an account's or a contact's id"),
    workspace_column(),
    Column("since", Moment, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("segment_id", "member_id"),
    Index("segment_members_of", "member_id"),
    comment="who is in a segment now; a contact is also in the segments of its account",
)
