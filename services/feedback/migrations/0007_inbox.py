"""The inbox, needs, and insights for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0007"
down_revision = "feedback_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_actions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "asked",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what was to be done, without the ids",
        ),
        sa.Column("changed", sa.BigInteger(), nullable=False, comment="statements that it changed"),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="what people did to many statements at once, so that it can be undone",
    )
    op.create_index("inbox_actions_list", "inbox_actions", ["workspace_id", "id"], unique=False)
    op.create_table(
        "needs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column(
            "key", sa.Text(), nullable=False, comment="short name that a survey's mapping or hidden field can carry"
        ),
        sa.Column("job", sa.Text(), nullable=False, comment="what people want to get done"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="how they would tell that it is done better"),
        sa.Column("persona", sa.Text(), nullable=True, comment="whose need it is"),
        sa.Column("product_id", sa.UUID(), nullable=True),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="needs_product"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="needs_key"),
    )
    op.create_index("needs_list", "needs", ["workspace_id", "id"], unique=False)
    op.create_index(
        "needs_product_list",
        "needs",
        ["workspace_id", "product_id", "id"],
        unique=False,
        postgresql_where=sa.text("product_id is not null"),
    )
    op.create_table(
        "triage",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("feedback_id", sa.UUID(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True, comment="who is to look at it, in the team's own words"),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True, comment="until when it is snoozed"),
        sa.Column("note", sa.Text(), nullable=True, comment="why"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "feedback_id"],
            ["feedback.workspace_id", "feedback.id"],
            name="triage_feedback",
            ondelete="cascade",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "feedback_id"),
        comment="only of statements that somebody assigned, snoozed or archived",
    )
    op.create_index(
        "triage_assignee",
        "triage",
        ["workspace_id", "assignee", "feedback_id"],
        unique=False,
        postgresql_where=sa.text("assignee is not null"),
    )
    op.create_index("triage_due", "triage", ["due"], unique=False, postgresql_where=sa.text("due is not null"))
    op.create_table(
        "triage_history",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("feedback_id", sa.UUID(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="archive, snooze, assign, link, unlink, reopen, wake, undo"
        ),
        sa.Column(
            "before", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="state, assignee, due and note"
        ),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "insight",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the link that was made or taken back",
        ),
        sa.Column("action_id", sa.UUID(), nullable=True, comment="the action that it was part of"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "feedback_id"],
            ["feedback.workspace_id", "feedback.id"],
            name="triage_history_feedback",
            ondelete="cascade",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "feedback_id", "seq"),
        comment="every change of where a statement stands, but for those that came in linked",
    )
    op.create_index(
        "triage_history_action",
        "triage_history",
        ["action_id"],
        unique=False,
        postgresql_where=sa.text("action_id is not null"),
    )
    op.create_table(
        "need_ratings",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("feedback_id", sa.UUID(), nullable=False),
        sa.Column("need_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column("importance", sa.Float(precision=53), nullable=True, comment="as answered; its scale is beside it"),
        sa.Column(
            "importance_scale",
            postgresql.ARRAY(sa.Float(precision=53)),
            nullable=True,
            comment="the lowest and the highest answer possible",
        ),
        sa.Column("importance_step", sa.SmallInteger(), nullable=True, comment="1 to 5: what it counts as"),
        sa.Column("satisfaction", sa.Float(precision=53), nullable=True),
        sa.Column("satisfaction_scale", postgresql.ARRAY(sa.Float(precision=53)), nullable=True),
        sa.Column("satisfaction_step", sa.SmallInteger(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name="need_ratings_need"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "feedback_id"], ["feedback.workspace_id", "feedback.id"], name="need_ratings_feedback"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "feedback_id", "need_id"),
        comment="what one response says of one need",
    )
    op.create_index(
        "need_ratings_contact",
        "need_ratings",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("contact_id is not null"),
    )
    op.create_index("need_ratings_list", "need_ratings", ["need_id", "feedback_id"], unique=False)
    op.create_table(
        "need_totals",
        sa.Column("need_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("insights", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "ratings", sa.Integer(), server_default="0", nullable=False, comment="responses that say anything of it"
        ),
        sa.Column(
            "importance",
            postgresql.ARRAY(sa.Integer()),
            server_default="{0,0,0,0,0}",
            nullable=False,
            comment="answers in each of five steps, the lowest first",
        ),
        sa.Column("satisfaction", postgresql.ARRAY(sa.Integer()), server_default="{0,0,0,0,0}", nullable=False),
        sa.Column(
            "version",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="of the event: raised by all that it says",
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name="need_totals_need"),
        sa.PrimaryKeyConstraint("need_id"),
        comment="what is known of a need, kept in the writing transaction",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "need_ideas",
        sa.Column("need_id", sa.UUID(), nullable=False),
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["idea_id"], ["ideas.id"], name="need_ideas_idea"),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name="need_ideas_need"),
        sa.PrimaryKeyConstraint("need_id", "idea_id"),
        comment="ideas that would serve a need",
    )
    op.create_index("need_ideas_idea", "need_ideas", ["idea_id"], unique=False)
    op.add_column(
        "feedback",
        sa.Column(
            "state",
            sa.Text(),
            server_default="new",
            nullable=False,
            comment="in the inbox: new, linked, archived, snoozed",
        ),
    )
    op.create_index(
        "feedback_new", "feedback", ["workspace_id", "id"], unique=False, postgresql_where=sa.text("state = 'new'")
    )
    op.create_index(
        "feedback_seen",
        "feedback",
        ["workspace_id", "state", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'new'"),
    )
    op.add_column("insights", sa.Column("need_id", sa.UUID(), nullable=True))
    op.add_column(
        "insights",
        sa.Column(
            "excerpt_hash",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the excerpt as it was: tells when the text has changed",
        ),
    )
    op.add_column(
        "insights",
        sa.Column(
            "confidence", sa.Float(precision=53), nullable=True, comment="0 to 1: how sure whoever linked it was"
        ),
    )
    op.add_column("insights", sa.Column("version", sa.BigInteger(), server_default="1", nullable=False))
    op.alter_column(
        "insights", "idea_id", existing_type=sa.UUID(), nullable=True, comment="what it speaks for: an idea or a need"
    )
    op.create_index(
        "insights_need_list",
        "insights",
        ["workspace_id", "need_id", "id"],
        unique=False,
        postgresql_where=sa.text("need_id is not null"),
    )
    op.create_index(
        "insights_once_need",
        "insights",
        ["feedback_id", "need_id"],
        unique=True,
        postgresql_where=sa.text("need_id is not null"),
    )
    op.create_foreign_key("insights_need", "insights", "needs", ["need_id"], ["id"])
    op.create_check_constraint("insights_one_target", "insights", "num_nonnulls(idea_id, need_id) = 1")
    op.execute(
        """
        update feedback as f set state = 'linked' where exists (
            select from insights i where i.workspace_id = f.workspace_id and i.feedback_id = f.id
        )
        """
    )
    op.execute(
        """
        update insights as i set excerpt_hash =
            sha256(convert_to(substr(f.text, i.excerpt_start + 1, i.excerpt_end - i.excerpt_start), 'UTF8'))
        from feedback f
        where i.excerpt_start is not null and f.workspace_id = i.workspace_id and f.id = i.feedback_id
        """
    )
