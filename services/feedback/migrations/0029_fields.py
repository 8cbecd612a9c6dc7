"""Ideas that are found by fields of one's own, too."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0029"
down_revision = "feedback_0028"
branch_labels = None
depends_on = None

TERMS = """
insert into idea_terms (idea_id, term, workspace_id)
select i.id, '=' || md5(a.key || '=' || a.value), i.workspace_id
from ideas i cross join lateral jsonb_each_text(i.attributes) as a
where a.value is not null
on conflict (idea_id, term) do nothing
"""


def upgrade() -> None:
    op.alter_column(
        "idea_terms",
        "term",
        comment="a word of its title or description, #tag, or = and the hash of a field of one's own",
        existing_comment="a word of its title or description, or #tag",
        existing_type=sa.Text(collation="C"),
        existing_nullable=False,
    )
    op.execute(TERMS)
