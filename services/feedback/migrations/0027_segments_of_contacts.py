"""Which segments of contacts ask for an idea is told to other services."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0027"
down_revision = "feedback_0026"
branch_labels = None
depends_on = None

# Whoever takes `account_marks` may be a process that knows no segments of contacts: these are noted apart from them.
NOTE_MEMBERS = """
create or replace function feedback.share_note_members() returns trigger language plpgsql as $body$
begin
    insert into feedback.member_marks (workspace_id, member_id)
    select distinct workspace_id, member_id from moved;
    return null;
end $body$
"""


def upgrade() -> None:
    op.create_table(
        "member_marks",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False, comment="an account's or a contact's id"),
        sa.PrimaryKeyConstraint("seq"),
        comment="who came into segments or left them since that was told of; written by triggers",
    )
    op.execute(NOTE_MEMBERS)
    op.alter_column("account_marks", "account_id", comment=None)
    op.add_column(
        "told_shares",
        sa.Column(
            "segments",
            sa.UUID(),
            server_default="00000000-0000-0000-0000-000000000000",
            nullable=False,
            comment="of those without an account: the segments that they are in, as one id; zeros: none, or an account",
        ),
    )
    op.drop_constraint("told_shares_pair", "told_shares")
    op.create_unique_constraint("told_shares_pair", "told_shares", ["idea_id", "account_id", "segments"])
    # All that was told before is found by it, and told anew where anybody is in a segment.
    op.create_index(
        "told_shares_unsegmented", "told_shares", ["id"], postgresql_where=sa.text("not (figures ? 'segment_ids')")
    )
