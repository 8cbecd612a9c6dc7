"""Survey answers as rows of their own, and where votes come from."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0009"
down_revision = "feedback_0008"
branch_labels = None
depends_on = None

# What is there already. As it was when this step was written: what stores say now may have moved on.
KEEP = """
insert into survey_answers (workspace_id, feedback_id, position, measure, about, respondent, contact_id, value, without,
    low, high, product_id, connection_id, source, release, said_at)
select f.workspace_id, f.id, a.position, a.measure, a.about, coalesce(f.contact_id, f.id), f.contact_id, a.value,
    a.without, a.low, a.high, coalesce(f.product_id, c.product_id), f.connection_id, f.source,
    left(nullif(f.attributes ->> 'release', ''), 200), f.said_at
from feedback f
left join connections c on c.id = f.connection_id and c.workspace_id = f.workspace_id
cross join lateral (
    with said as (
        select e.position, e.answer ->> 'kind' as kind, case when char_length(n.about) <= 90 then n.about
    else left(n.about, 57) || '~' || left(encode(sha256(convert_to(n.about, 'UTF8')), 'hex'), 32) end as about,
            e.answer -> 'value' as value, e.answer -> 'scale' as scale,
            array_position(array['like', 'expect', 'neutral', 'tolerate', 'dislike'], e.answer ->> 'value') as feeling
        from jsonb_array_elements(f.answers) with ordinality as e (answer, position),
            lateral (select coalesce(e.answer ->> 'about', '') as about) as n
    )
    select said.position, said.kind as measure, said.about, (said.value #>> '{}')::float8 as value,
        null::int as without, (said.scale ->> 0)::float8 as low, (said.scale ->> 1)::float8 as high
    from said
    where said.kind in ('nps', 'csat', 'ces', 'importance', 'satisfaction') and jsonb_typeof(said.value) = 'number'
      and (said.kind <> 'nps' or (said.value #>> '{}')::float8 = any('{0,1,2,3,4,5,6,7,8,9,10}'::float8[]))
    union all
    (
        select distinct on (w.about) w.position, 'kano', w.about, w.feeling, o.feeling, null, null
        from said w join said o on o.about = w.about
        where w.kind = 'kano_functional' and o.kind = 'kano_dysfunctional' and w.about <> ''
          and w.feeling is not null and o.feeling is not null
        order by w.about, w.position, o.position
    )
) as a
where f.answers <> '[]'
"""
CHAIN = """
update survey_answers as s set superseded_at = chain.next
from (
    select workspace_id, feedback_id, position, lead(said_at) over (
        partition by workspace_id, respondent, measure, about order by said_at, feedback_id, position
    ) as next
    from survey_answers
) as chain
where s.workspace_id = chain.workspace_id and s.feedback_id = chain.feedback_id and s.position = chain.position
  and chain.next is not null
"""


def upgrade() -> None:
    op.create_table(
        "survey_answers",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("feedback_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="of the answer in its statement, from 1"),
        sa.Column("measure", sa.Text(), nullable=False, comment="nps, csat, ces, importance, satisfaction or kano"),
        sa.Column(
            "about", sa.Text(), nullable=False, comment="idea or need that the question is about; empty: the whole"
        ),
        sa.Column("respondent", sa.UUID(), nullable=False, comment="the contact; of a nameless response its feedback"),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column(
            "value",
            sa.Float(),
            nullable=False,
            comment="of a Kano pair how it would be to have it, 1 like to 5 dislike",
        ),
        sa.Column("without", sa.SmallInteger(), nullable=True, comment="of a Kano pair how it would be to go without"),
        sa.Column("low", sa.Float(), nullable=True, comment="the ends of the scale, where a rule tells them"),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("product_id", sa.UUID(), nullable=True),
        sa.Column("connection_id", sa.UUID(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "superseded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the respondent answered the same again; null: this is the latest",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "feedback_id"], ["feedback.workspace_id", "feedback.id"], ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "feedback_id", "position"),
        comment="answers of surveys that are counted, kept with the statements that hold them",
    )
    op.execute(KEEP)
    op.execute(CHAIN)
    op.create_index(
        "survey_answers_about", "survey_answers", ["workspace_id", "measure", "about", "said_at"], unique=False
    )
    op.create_index(
        "survey_answers_respondent",
        "survey_answers",
        ["workspace_id", "respondent", "measure", "about", "said_at"],
        unique=False,
    )
    op.create_index("survey_answers_said", "survey_answers", ["workspace_id", "measure", "said_at"], unique=False)
    op.add_column(
        "votes",
        sa.Column("source", sa.Text(), server_default="api", nullable=False, comment="channel that it came through"),
    )
    op.add_column("votes", sa.Column("version", sa.BigInteger(), server_default="1", nullable=False))
    op.create_index("votes_contact", "votes", ["contact_id", "id"], unique=False)
