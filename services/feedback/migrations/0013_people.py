"""What survey questions are about is counted in one place; ratings of needs are survey answers like all others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0013"
down_revision = "feedback_0012"
branch_labels = None
depends_on = None

# Ideas and needs that questions named by their ids have their keys from here on.
NAME = """
update survey_answers s set about = named.key from (
    select workspace_id, id, key from ideas union all select workspace_id, id, key from needs
) as named
where s.about ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' and named.workspace_id = s.workspace_id
  and named.id = s.about::uuid
"""
# Which answer is whose latest, where two names were one.
CHAIN = """
update survey_answers as s set superseded_at = chain.next
from (
    select workspace_id, feedback_id, position, lead(said_at) over (
        partition by workspace_id, respondent, measure, about order by said_at, feedback_id, position
    ) as next
    from survey_answers where measure in ('importance', 'satisfaction', 'kano')
) as chain
where s.workspace_id = chain.workspace_id and s.feedback_id = chain.feedback_id and s.position = chain.position
  and s.superseded_at is distinct from chain.next
"""
_TALLY = """array[{steps}, count(*) filter (where measure = '{measure}' and latest and place >= 0.75 - 1e-9)]::int[]"""


def _tally(measure: str) -> str:
    steps = ", ".join(
        f"count(*) filter (where measure = '{measure}' and latest and 1 + floor(4 * place + 0.5) = {step})"
        for step in range(1, 6)
    )
    return _TALLY.format(steps=steps, measure=measure)


# A row for each functional answer, in it a letter for each dysfunctional one.
_CATEGORY = "substr('QAAAORIIIMRIIIMRIIIMRRRRQ', (5 * (value - 1) + without)::int, 1)"
_KANO = ", ".join(
    f"count(*) filter (where measure = 'kano' and latest and {_CATEGORY} = '{category}')" for category in "MOAIRQ"
)
COUNT = f"""
insert into subjects (workspace_id, about, ratings, importance, satisfaction, kano, kano_version)
select workspace_id, about,
    count(distinct feedback_id) filter (where measure <> 'kano'), {_tally("importance")}, {_tally("satisfaction")},
    array[{_KANO}]::int[], (count(*) filter (where measure = 'kano') > 0)::int
from (
    select *, (value - coalesce(low, 1)) / nullif(coalesce(high, 5) - coalesce(low, 1), 0) as place,
        superseded_at is null as latest
    from survey_answers where about <> '' and measure in ('importance', 'satisfaction', 'kano')
) as a
where measure = 'kano' or (place >= 0 and place <= 1)
group by workspace_id, about
"""


def upgrade() -> None:
    op.create_table(
        "subjects",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column(
            "about", sa.Text(), nullable=False, comment="as survey_answers has it: the key of a need or of an idea"
        ),
        sa.Column(
            "ratings",
            sa.Integer(),
            nullable=False,
            comment="responses that say how important or how well met it is",
        ),
        *(
            sa.Column(
                name,
                postgresql.ARRAY(sa.Integer()),
                nullable=False,
                comment="answers in each of five steps, the lowest first, and those in the upper quarter of their scale",
            )
            for name in ("importance", "satisfaction")
        ),
        sa.Column(
            "kano",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="pairs of answers by category: M, O, A, I, R, Q",
        ),
        sa.Column(
            "kano_version",
            sa.BigInteger(),
            nullable=False,
            comment="of the event: raised whenever `kano` changes",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "about"),
        comment="each respondent's latest answers about it, counted in the transaction that keeps them",
        postgresql_with={"fillfactor": "50"},
    )
    op.execute(NAME)
    op.execute(CHAIN)
    op.execute(COUNT)
    op.create_index(
        "survey_answers_rating",
        "survey_answers",
        ["workspace_id", "about", "feedback_id"],
        unique=False,
        postgresql_where=sa.text("measure in ('importance', 'satisfaction')"),
    )
    op.drop_index("survey_answers_said", "survey_answers")
    op.create_index(
        "survey_answers_said",
        "survey_answers",
        ["workspace_id", "measure", "said_at"],
        unique=False,
        postgresql_include=["superseded_at", "value", "without", "low", "high", "contact_id"],
    )
    op.alter_column(
        "survey_answers",
        "about",
        existing_type=sa.Text(),
        existing_nullable=False,
        comment="key of the idea or need that it is about, or another name; empty: the whole",
        existing_comment="idea or need that the question is about; empty: the whole",
    )
    op.drop_table("need_ratings")
    for name in ("ratings", "importance", "satisfaction"):
        op.drop_column("need_totals", name)
    op.create_table_comment(
        "need_totals",
        "what is counted of a need besides the answers about it, kept in the writing transaction",
        existing_comment="what is known of a need, kept in the writing transaction",
    )
