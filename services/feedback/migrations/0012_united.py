"""Which ideas stand on a board because others were merged into them."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0012"
down_revision = "feedback_0011"
branch_labels = None
depends_on = None

# Ideas that were merged before stand where those did that went into them.
UNITED = """
insert into board_ideas (board_id, idea_id, workspace_id, contact_id, by_merge)
select q.board_id, m.merged_root, q.workspace_id,
    (array_agg(q.contact_id order by q.idea_id) filter (where q.contact_id is not null))[1], true
from board_ideas q join ideas m on m.id = q.idea_id and m.merged_root is not null
group by q.board_id, m.merged_root, q.workspace_id
on conflict (board_id, idea_id) do nothing
"""


def upgrade() -> None:
    op.add_column(
        "board_ideas",
        sa.Column(
            "by_merge",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="nobody put it there: an idea that was merged into it stands there",
        ),
    )
    op.execute(UNITED)
