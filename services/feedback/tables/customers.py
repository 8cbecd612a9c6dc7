"""Customers: accounts and the contacts there."""

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
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
    # A column and no index of an expression: row security lets an index be used by operators that cannot leak, and
    # `lower` could.
    Column(
        "sought",
        Text(collation="C"),
        Computed("lower(left(name, 60))", persisted=True),
        nullable=False,
        comment="how its name begins, whatever the case",
    ),
    Column("mrr", BigInteger, nullable=False, server_default="0", comment="minor units of the workspace's currency"),
    Column("mrr_since", Moment, comment="when somebody first said what it pays; null: nobody has, and 0 is no answer"),
    Column("plan", Text),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    version_column(),
    created_column(),
    UniqueConstraint("workspace_id", "external_id", name="accounts_external_id"),
    Index("accounts_list", "workspace_id", "id"),
    Index("accounts_sought", "workspace_id", "sought", "id"),
)
Table(
    "account_history",
    metadata,
    Column("account_id", UUID, ForeignKey("accounts.id"), nullable=False),
    Column("since", Moment, nullable=False, comment="in force from here until the next row of the account"),
    workspace_column(),
    Column("mrr", BigInteger, nullable=False),
    Column("plan", Text),
    PrimaryKeyConstraint("account_id", "since"),
    comment="what an account paid for what, and since when; before its first row nothing was known",
)


def _sought(name: str, computed: str, comment: str) -> Column[str]:
    # As of accounts: no index of an expression.
    return Column(name, Text(collation="C"), Computed(computed, persisted=True), comment=comment)


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
    Column("merged_into", UUID, comment="who it turned out to be; the id and address that it keeps still name them"),
    Column("erased_at", Moment, comment="the person has asked to be forgotten: only what is counted is left"),
    _sought("sought_name", "lower(left(name, 60))", "how the name begins, whatever the case"),
    _sought(
        "sought_last", r"lower(left(substring(name from '\s(\S+)\s*$'), 60))", "how the last of several names does"
    ),
    _sought("sought_email", "lower(left(email, 60))", "how the address begins"),
    version_column(),
    created_column(),
    UniqueConstraint("workspace_id", "external_id", name="contacts_external_id"),
    UniqueConstraint("workspace_id", "email", name="contacts_email"),
    *(
        Index(
            f"contacts_{name}",
            "workspace_id",
            name,
            "id",
            postgresql_where=text(f"{name} is not null and merged_into is null"),
        )
        for name in ("sought_name", "sought_last", "sought_email")
    ),
    Index("contacts_list", "workspace_id", "id"),
    Index("contacts_account", "account_id", "id"),
    Index("contacts_merged", "merged_into", postgresql_where=text("merged_into is not null")),
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
    Column("fill_from", UUID, comment="whom a new rule has been applied to, in order of id; null once that is all"),
    Column("fill_since", Moment, comment="when a worker first saw that the rule is new"),
    version_column(),
    created_column(),
    UniqueConstraint("workspace_id", "key", name="segments_key"),
    Index("segments_list", "workspace_id", "id"),
    Index("segments_filling", "id", postgresql_where=text("fill_from is not null")),
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
