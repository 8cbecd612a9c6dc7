"""What other services are told of the accounts behind an idea, and what is still to be told."""

from sqlalchemy import BigInteger, Column, Identity, Index, PrimaryKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.feedback.tables.schema import id_column, metadata, version_column, workspace_column

# Rows without any order but their number, like the outbox: a mark costs whoever makes it one entry at the end of one
# index, and two marks of the same pair never wait for each other.
Table(
    "share_marks",
    metadata,
    Column("seq", BigInteger, Identity(always=False), nullable=False),
    workspace_column(),
    Column("idea_id", UUID, nullable=False, comment="where it counts: no merged idea"),
    Column("account_id", UUID, comment="null: those without an account"),
    Column("contact_id", UUID, comment="which of those"),
    PrimaryKeyConstraint("seq"),
    comment="pairs of which something has changed since they were told of",
)
Table(
    "account_marks",
    metadata,
    Column("seq", BigInteger, Identity(always=False), nullable=False),
    workspace_column(),
    Column("account_id", UUID, nullable=False),
    PrimaryKeyConstraint("seq"),
    comment="accounts of which something has changed since they were told of; written by triggers",
)
Table(
    "member_marks",
    metadata,
    Column("seq", BigInteger, Identity(always=False), nullable=False),
    workspace_column(),
    Column("member_id", UUID, nullable=False, comment="an account's or a contact's id"),
    PrimaryKeyConstraint("seq"),
    comment="who came into segments or left them since that was told of; written by triggers",
)
Table(
    "told_shares",
    metadata,
    id_column(),
    workspace_column(),
    Column("idea_id", UUID, nullable=False),
    Column("account_id", UUID, nullable=False, comment="the one of zeros: those without an account"),
    Column(
        "segments",
        UUID,
        nullable=False,
        server_default="00000000-0000-0000-0000-000000000000",
        comment="of those without an account: the segments that they are in, as one id; zeros: none, or an account",
    ),
    Column("figures", JSONB, nullable=False, comment="as they were told last"),
    version_column(),
    UniqueConstraint("idea_id", "account_id", "segments", name="told_shares_pair"),
    Index("told_shares_unsegmented", "id", postgresql_where=text("not (figures ? 'segment_ids')")),
    comment="who is behind an idea, as other services know it",
    postgresql_with={"fillfactor": "70"},
)
Table(
    "told_accounts",
    metadata,
    Column("account_id", UUID, primary_key=True),
    workspace_column(),
    Column("figures", JSONB, nullable=False, comment="as they were told last"),
    version_column(),
    comment="what accounts pay and which segments they are in, as other services know it",
)
