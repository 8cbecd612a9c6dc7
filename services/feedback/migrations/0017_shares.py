"""Who is behind an idea is told to other services, account by account."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0017"
down_revision = "feedback_0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# Before this nobody noted whether a revenue of 0 was said or is only there because nothing was.
KNOWN = """
update accounts a set mrr_since = coalesce(
    (select min(h.since) from account_history h where h.account_id = a.id and h.mrr > 0), a.created_at
) where a.mrr > 0 or exists (select from account_history h where h.account_id = a.id and h.mrr > 0)
"""
# Whoever changes what an account pays or which segments it is in, by whatever statement, need not know who is told.
NOTE_ACCOUNTS = """
create function feedback.share_note_accounts() returns trigger language plpgsql as $body$
begin
    insert into feedback.account_marks (workspace_id, account_id)
    select n.workspace_id, n.id from after_it n join before_it b on b.id = n.id
    where (n.mrr, n.mrr_since) is distinct from (b.mrr, b.mrr_since);
    return null;
end $body$
"""
NOTE_MEMBERS = """
create function feedback.share_note_members() returns trigger language plpgsql as $body$
begin
    insert into feedback.account_marks (workspace_id, account_id)
    select distinct workspace_id, member_id from moved;
    return null;
end $body$
"""
TRIGGERS = (
    """
create trigger share_accounts_changed after update on accounts
referencing old table as before_it new table as after_it
for each statement execute function feedback.share_note_accounts()
""",
    """
create trigger share_members_came after insert on segment_members referencing new table as moved
for each statement execute function feedback.share_note_members()
""",
    """
create trigger share_members_went after delete on segment_members referencing old table as moved
for each statement execute function feedback.share_note_members()
""",
)
# All that stands behind ideas by now is still to be told, and segments once more: nobody listened to them.
BEFORE = """
insert into share_marks (workspace_id, idea_id, account_id)
select workspace_id, idea_id, account_id from idea_accounts
union all select workspace_id, idea_id, null from demand where contacts > 0
"""
SEGMENTS = """
insert into outbox (seq, occurred_at)
select distinct on (aggregate_id) seq, occurred_at from events where type = 'feedback.segment.changed.v1'
order by aggregate_id, version desc
on conflict do nothing
"""


def key(name: str, comment: str | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=nullable, comment=comment)


def version() -> sa.Column[int]:
    return sa.Column("version", sa.BigInteger(), server_default="1", nullable=False)


def number() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def figures() -> sa.Column[object]:
    return sa.Column("figures", postgresql.JSONB(), nullable=False, comment="as they were told last")


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column(
            "mrr_since",
            MOMENT,
            nullable=True,
            comment="when somebody first said what it pays; null: nobody has, and 0 is no answer",
        ),
    )
    op.execute(KNOWN)
    op.create_table(
        "share_marks",
        number(),
        key("workspace_id"),
        key("idea_id", "where it counts: no merged idea"),
        key("account_id", "null: those without an account", nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        comment="pairs of which something has changed since they were told of",
    )
    op.create_table(
        "account_marks",
        number(),
        key("workspace_id"),
        key("account_id", "or a contact's id, which is nobody's here"),
        sa.PrimaryKeyConstraint("seq"),
        comment="accounts of which something has changed since they were told of; written by triggers",
    )
    op.create_table(
        "told_shares",
        key("id"),
        key("workspace_id"),
        key("idea_id"),
        key("account_id", "the one of zeros: those without an account"),
        figures(),
        version(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idea_id", "account_id", name="told_shares_pair"),
        comment="who is behind an idea, as other services know it",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "told_accounts",
        key("account_id"),
        key("workspace_id"),
        figures(),
        version(),
        sa.PrimaryKeyConstraint("account_id"),
        comment="what accounts pay and which segments they are in, as other services know it",
    )
    op.execute(NOTE_ACCOUNTS)
    op.execute(NOTE_MEMBERS)
    for trigger in TRIGGERS:
        op.execute(trigger)
    op.execute(BEFORE)
    op.execute(SEGMENTS)
