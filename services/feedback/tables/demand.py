"""How much each idea is wanted, and by whom: kept in the writing transaction."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Numeric,
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
    Column(
        "heat",
        Numeric,
        nullable=False,
        server_default="0",
        comment="what votes weigh by when they were cast: see demand.trend",
    ),
    Column("currency", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    # No index on what is counted: a vote then changes one row in its own page, and no index at all.
    comment="what is known of the demand for an idea, kept in the writing transaction",
    postgresql_with={"fillfactor": "50"},
)
Table(
    "demand_ranks",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    workspace_column(),
    Column("votes", Integer, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("mrr", BigInteger, nullable=False),
    Column("trend", Float, nullable=False, server_default="0", comment="what is asked for lately: log2 of its heat"),
    Column("version", BigInteger, nullable=False, comment="of the demand that it is"),
    Index("demand_ranks_votes", "workspace_id", "votes", "idea_id"),
    Index("demand_ranks_accounts", "workspace_id", "accounts", "idea_id"),
    Index("demand_ranks_mrr", "workspace_id", "mrr", "idea_id"),
    Index("demand_ranks_trend", "workspace_id", "trend", "idea_id"),
    comment="by what ideas are put in order of demand: follows it by a moment, once for many votes",
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
)
