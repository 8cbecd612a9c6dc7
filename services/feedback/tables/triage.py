"""What became of statements in the inbox. Where each stands is `feedback.state`; this is what else was decided."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.feedback.tables.schema import id_column, metadata, workspace_column
from shared.tables import NOW, Moment

Table(
    "triage",
    metadata,
    workspace_column(),
    Column("feedback_id", UUID, nullable=False),
    Column("assignee", Text, comment="who is to look at it, in the team's own words"),
    Column("due", Moment, comment="until when it is snoozed"),
    Column("note", Text, comment="why"),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Moment, nullable=False, server_default=NOW),
    ForeignKeyConstraint(
        ["workspace_id", "feedback_id"],
        ["feedback.workspace_id", "feedback.id"],
        name="triage_feedback",
        ondelete="cascade",
    ),
    PrimaryKeyConstraint("workspace_id", "feedback_id"),
    Index("triage_assignee", "workspace_id", "assignee", "feedback_id", postgresql_where=text("assignee is not null")),
    Index("triage_due", "due", postgresql_where=text("due is not null")),
    comment="only of statements that somebody assigned, snoozed or archived",
)
Table(
    "triage_history",
    metadata,
    Column("seq", BigInteger, Identity(), nullable=False),
    workspace_column(),
    Column("feedback_id", UUID, nullable=False),
    Column("kind", Text, nullable=False, comment="archive, snooze, assign, link, unlink, reopen, wake, undo"),
    Column("before", JSONB, nullable=False, comment="state, assignee, due and note"),
    Column("after", JSONB, nullable=False),
    Column("insight", JSONB, comment="the link that was made or taken back"),
    Column("action_id", UUID, comment="the action that it was part of"),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Moment, nullable=False, server_default=NOW),
    ForeignKeyConstraint(
        ["workspace_id", "feedback_id"],
        ["feedback.workspace_id", "feedback.id"],
        name="triage_history_feedback",
        ondelete="cascade",
    ),
    PrimaryKeyConstraint("workspace_id", "feedback_id", "seq"),
    Index("triage_history_action", "action_id", postgresql_where=text("action_id is not null")),
    comment="every change of where a statement stands, but for those that came in linked",
)
Table(
    "inbox_actions",
    metadata,
    id_column(),
    workspace_column(),
    Column("kind", Text, nullable=False),
    Column("asked", JSONB, nullable=False, comment="what was to be done, without the ids"),
    Column("changed", BigInteger, nullable=False, comment="statements that it changed"),
    Column("done_by", Text, nullable=False),
    Column("done_at", Moment, nullable=False, server_default=NOW),
    Column("undone_by", Text),
    Column("undone_at", Moment),
    Index("inbox_actions_list", "workspace_id", "id"),
    comment="what people did to many statements at once, so that it can be undone",
)
