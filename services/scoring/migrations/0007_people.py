"""What respondents say: needs by importance and satisfaction, ideas by Kano."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0007"
down_revision = "scoring_0006"
branch_labels = None
depends_on = None

ROOMY = {"fillfactor": "70"}


def key(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=False, comment=comment)


def words(name: str, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, comment=comment)


def counts(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, postgresql.ARRAY(sa.Integer()), nullable=False, comment=comment)


def number(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "needs",
        key("need_id"),
        key("workspace_id"),
        words("job"),
        words("outcome"),
        sa.Column("archived", sa.Boolean(), nullable=False),
        counts("importance", "answers in each of five steps, the lowest first"),
        number("important", "of those answers in the upper quarter of their scale"),
        counts("satisfaction"),
        number("satisfied"),
        sa.Column(
            "opportunity",
            sa.Double[float](),
            nullable=True,
            comment="Ulwick's score; null: nobody was asked one of the two",
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        key("event_id", "the event this state is from"),
        sa.PrimaryKeyConstraint("need_id"),
        comment="projection of feedback.need.changed",
        postgresql_with=ROOMY,
    )
    op.create_index("needs_list", "needs", ["workspace_id", "opportunity", "need_id"], unique=False)
    op.create_table(
        "need_ideas",
        key("need_id"),
        key("idea_id"),
        key("workspace_id"),
        sa.PrimaryKeyConstraint("need_id", "idea_id"),
        comment="projection of feedback.need.changed: ideas that would serve a need",
    )
    op.create_index("need_ideas_of", "need_ideas", ["workspace_id", "idea_id"], unique=False)
    op.create_table(
        "kano",
        key("idea_id"),
        key("workspace_id"),
        counts("counts", "respondents by category: M, O, A, I, R, Q"),
        words("gate", "must_have, pass, block, undecided, or unknown: no answer tells"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        key("event_id", "the event this state is from"),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="projection of feedback.kano.changed",
        postgresql_with=ROOMY,
    )
    op.create_index("kano_list", "kano", ["workspace_id", "gate", "idea_id"], unique=False)
    op.create_table(
        "stale_ideas",
        key("workspace_id"),
        key("idea_id"),
        key("cause_id", "the event"),
        words("traceparent"),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id"),
        comment="ideas that would serve a need of which something else is known now: to be scored anew",
    )
    op.add_column(
        "run_entries",
        sa.Column(
            "needs",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="all it would serve and surveys rate; null: none",
        ),
    )
