"""Customers that change: what they paid when, who they turned out to be, and people who are forgotten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0005"
down_revision = "feedback_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column(
            "contact_ids",
            postgresql.ARRAY(sa.UUID()),
            nullable=False,
            comment="the person, and whoever turned out to be them",
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=True,
            comment="sealed; what the person is searched for by, null once that is over",
        ),
        sa.Column("reference", sa.Text(), nullable=True, comment="the caller's own number of the request"),
        sa.Column("requested_by", sa.Text(), nullable=False, comment="key:<id>"),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a worker first saw it: it waits for older transactions",
        ),
        sa.Column("step", sa.Text(), nullable=True, comment="the step it is at; null before the first"),
        sa.Column("place", sa.Text(), server_default="", nullable=False, comment="how far in that step"),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="rows changed so far, by table",
        ),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="not before; moved on when a step fails",
        ),
        sa.Column("failure", sa.Text(), nullable=True, comment="why the last step failed; null while all goes well"),
        sa.Column("receipt", sa.Text(), nullable=True, comment="JSON, exactly as it was signed"),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("erasures_list", "erasures", ["workspace_id", "id"], unique=False)
    op.create_index(
        "erasures_waiting", "erasures", ["id"], unique=False, postgresql_where=sa.text("finished_at is null")
    )
    op.create_table(
        "account_history",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="in force from here until the next row of the account",
        ),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("mrr", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "since"),
        comment="what an account paid for what, and since when; before its first row nothing was known",
    )
    op.add_column(
        "contacts",
        sa.Column(
            "merged_into",
            sa.UUID(),
            nullable=True,
            comment="who it turned out to be; the id and address that it keeps still name them",
        ),
    )
    op.add_column(
        "contacts",
        sa.Column(
            "erased_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the person has asked to be forgotten: only what is counted is left",
        ),
    )
    op.create_index(
        "contacts_merged",
        "contacts",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.create_index("requesters_contact", "requesters", ["contact_id"], unique=False)
    op.add_column(
        "segments",
        sa.Column(
            "fill_from",
            sa.UUID(),
            nullable=True,
            comment="whom a new rule has been applied to, in order of id; null once that is all",
        ),
    )
    op.add_column(
        "segments",
        sa.Column(
            "fill_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a worker first saw that the rule is new",
        ),
    )
    op.create_index(
        "segments_filling", "segments", ["id"], unique=False, postgresql_where=sa.text("fill_from is not null")
    )
    # What they pay now is all that is known of before.
    op.execute(
        "insert into account_history (account_id, since, workspace_id, mrr, plan) "
        "select id, created_at, workspace_id, mrr, plan from accounts where mrr <> 0 or plan is not null"
    )
    op.alter_column(
        "deliveries",
        "state",
        existing_type=sa.Text(),
        comment="received, fetching, applied, ignored, quarantined, erased",
        existing_comment="received, fetching, applied, ignored, quarantined",
        existing_nullable=False,
    )
