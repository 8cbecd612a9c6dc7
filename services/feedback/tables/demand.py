"""How much each idea is wanted, and by whom: kept in the writing transaction."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import (
    metadata,
    workspace_column,
)

Table(
    "demand",
    metadata,
    Column("idea_id", UUID, ForeignKey("ideas.id"), primary_key=True),
    workspace_column(),
    Column("votes", Integer, nullable=False, server_default="0"),
    Column("insights", Integer, nullable=False, server_default="0"),
    Column("contacts", Integer, nullable=False, server_default="0"),
    Column("accounts", Integer, nullable=False, server_default="0"),
    Column("mrr", BigInteger, nullable=False, server_default="0"),
    Column("currency", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Index("demand_votes", "workspace_id", "votes", "idea_id"),
    Index("demand_accounts", "workspace_id", "accounts", "idea_id"),
    Index("demand_mrr", "workspace_id", "mrr", "idea_id"),
    comment="what is known of the demand for an idea, kept in the writing transaction",
    postgresql_with={"fillfactor": "50"},
)
Table(
    "idea_contacts",
    metadata,
    Column("idea_id", UUID, nullable=False),
    Column("contact_id", UUID, nullable=False),
    workspace_column(),
    Column("asks", Integer, nullable=False, comment="votes and insights of this contact for this idea"),
    PrimaryKeyConstraint("idea_id", "contact_id"),
    Index("idea_contacts_contact", "contact_id"),
)
Table(
    "idea_accounts",
    metadata,
    Column("idea_id", UUID, nullable=False),
    Column("account_id", UUID, nullable=False),
    workspace_column(),
    Column("contacts", Integer, nullable=False, comment="contacts of this account that ask for this idea"),
    PrimaryKeyConstraint("idea_id", "account_id"),
    Index("idea_accounts_account", "account_id"),
)
