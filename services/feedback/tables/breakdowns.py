"""Demand by group, kept where there is too much of it to be counted when somebody asks."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import metadata, workspace_column
from shared.tables import Moment

# A scope is an idea, a product or the whole workspace, and has its id.
Table(
    "demand_kept",
    metadata,
    Column("scope_id", UUID, primary_key=True, comment="an idea, or the workspace, with which its products are kept"),
    workspace_column(),
    Column("fill_from", UUID, comment="whose part has been counted, in order of id; null once that is all"),
    Column("counted_at", Moment, comment="null: not counted through once yet, and not to be read"),
    Index("demand_kept_filling", "scope_id", postgresql_where=text("fill_from is not null")),
    comment="of what demand is kept by group",
)
Table(
    "demand_parts",
    metadata,
    Column("scope_id", UUID, nullable=False),
    Column("holder_id", UUID, nullable=False, comment="an account, a contact without one, or a nameless statement"),
    Column("kind", Text, nullable=False, comment="what is grouped by; empty: the total"),
    Column("key", Text, nullable=False, comment="the group, by id where it has one; empty: those in none"),
    workspace_column(),
    Column("contacts", Integer, nullable=False),
    Column("votes", Integer, nullable=False),
    Column("insights", Integer, nullable=False),
    Column("mrr", BigInteger, comment="of an account, as it was counted; null: who asks is none"),
    Column("paid", BigInteger, comment="by the account when its last vote in the group was cast; null: it has none"),
    PrimaryKeyConstraint("scope_id", "holder_id", "kind", "key"),
    Index("demand_parts_most", "scope_id", "kind", "key", "mrr", "holder_id", postgresql_where=text("mrr is not null")),
    comment="what each asker adds to the groups of a scope",
)
Table(
    "demand_groups",
    metadata,
    Column("scope_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    workspace_column(),
    Column("contacts", BigInteger, nullable=False),
    Column("votes", BigInteger, nullable=False),
    Column("insights", BigInteger, nullable=False),
    Column("accounts", BigInteger, nullable=False),
    Column("mrr", BigInteger, nullable=False),
    Column("mrr_at_vote", BigInteger, nullable=False),
    Column("accounts_without_vote", BigInteger, nullable=False),
    PrimaryKeyConstraint("scope_id", "kind", "key"),
    comment="the sums of those parts",
    postgresql_with={"fillfactor": "50"},
)
Table(
    "demand_marks",
    metadata,
    Column("seq", BigInteger, Identity(always=False), nullable=False),
    workspace_column(),
    Column("idea_id", UUID, comment="where it counts; null: whatever the holder asks for"),
    Column("holder_id", UUID, comment="null: everybody behind the idea"),
    PrimaryKeyConstraint("seq"),
    comment="whose part in what has changed since it was counted",
)
