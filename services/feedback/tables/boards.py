"""Where outsiders see ideas and bring their own, and what of that waits for a moderator."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import (
    created_column,
    id_column,
    metadata,
    version_column,
    workspace_column,
)
from shared.tables import NOW, Moment

Table(
    "boards",
    metadata,
    id_column(),
    workspace_column(),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("visibility", Text, nullable=False, comment="public, private or one_way"),
    Column("submissions", Boolean, nullable=False, server_default=text("true"), comment="whether ideas can be brought"),
    Column("comments", Boolean, nullable=False, server_default=text("true"), comment="whether visitors can comment"),
    Column("voting", Boolean, nullable=False, server_default=text("true"), comment="whether visitors can vote"),
    Column("archived", Boolean, nullable=False, server_default=text("false"), comment="nobody outside sees it"),
    version_column(),
    created_column(),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "key", name="boards_key"),
    Index("boards_list", "workspace_id", "id"),
)
Table(
    "board_members",
    metadata,
    Column("board_id", UUID, ForeignKey("boards.id"), nullable=False),
    Column("member_id", UUID, nullable=False, comment="of a contact, an account or a segment"),
    workspace_column(),
    Column("kind", Text, nullable=False, comment="contact, account or segment"),
    created_column(),
    PrimaryKeyConstraint("board_id", "member_id"),
    comment="who may see a private board",
)
Table(
    "board_ideas",
    metadata,
    Column("board_id", UUID, ForeignKey("boards.id"), nullable=False),
    Column("idea_id", UUID, ForeignKey("ideas.id"), nullable=False),
    workspace_column(),
    Column("contact_id", UUID, comment="who brought it; null when the team put it there"),
    Column(
        "by_merge",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="nobody put it there: an idea that was merged into it stands there",
    ),
    created_column(),
    PrimaryKeyConstraint("board_id", "idea_id"),
    Index("board_ideas_contact", "board_id", "contact_id", "idea_id", postgresql_where=text("contact_id is not null")),
    Index("board_ideas_idea", "idea_id"),
)
Table(
    "board_submissions",
    metadata,
    id_column(),
    workspace_column(),
    Column("board_id", UUID, ForeignKey("boards.id"), nullable=False),
    Column("contact_id", UUID, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False, comment="pending, shown, rejected or spam"),
    Column("idea_id", UUID, ForeignKey("ideas.id"), comment="what it became once it was approved"),
    created_column(),
    Index("board_submissions_contact", "board_id", "contact_id", "id"),
    comment="ideas as visitors worded them; none is an idea before it is approved",
)
Table(
    "trust",
    metadata,
    workspace_column(),
    Column("kind", Text, nullable=False, comment="board, channel or contact"),
    Column("name", Text, nullable=False, comment="a board's key, a channel's name, a contact's id"),
    Column("level", Text, comment="trusted, unknown or blocked, as somebody said; null: as it was earned"),
    Column("approved", BigInteger, nullable=False, server_default="0", comment="what moderators let through"),
    Column("refused", BigInteger, nullable=False, server_default="0", comment="what they did not"),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("workspace_id", "kind", "name"),
)
Table(
    "moderation_entries",
    metadata,
    id_column(),
    workspace_column(),
    Column("kind", Text, nullable=False, comment="comment or submission"),
    Column("subject_id", UUID, nullable=False, comment="the comment's or the submission's"),
    Column("contact_id", UUID, nullable=False),
    Column("source", Text, nullable=False, comment="board:<key> or channel:<name>"),
    Column("state", Text, nullable=False, comment="pending, shown, rejected or spam"),
    Column("decided_by", Text, comment="key:<id>, or trust:<why> when nobody had to look; null while it waits"),
    created_column(),
    Index("moderation_entries_state", "workspace_id", "state", "id"),
    UniqueConstraint("subject_id", name="moderation_entries_subject"),
    comment="all that outsiders brought for others to see, and whether they may",
)
Table(
    "moderation_decisions",
    metadata,
    id_column(),
    workspace_column(),
    Column("entry_id", UUID, ForeignKey("moderation_entries.id", ondelete="cascade"), nullable=False),
    Column("state", Text, nullable=False, comment="what it was decided to be"),
    Column("decided_by", Text, nullable=False, comment="as in the entry"),
    Column("reason", Text),
    created_column(),
    Index("moderation_decisions_entry", "entry_id", "id"),
)
