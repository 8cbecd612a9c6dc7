"""Answers of surveys are summed by month and week; contacts are found by how they are called; ideas have a trend."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0025"
down_revision = "feedback_0024"
branch_labels = None
depends_on = None

_ALIKE = "about, product_id, connection_id, source, release, value, without, low, high"
_CELL = f"workspace_id, measure, said_on, gone_on, {_ALIKE}"
_DERIVED = f"""workspace_id, measure, (said_at at time zone 'UTC')::date as said_on,
    coalesce((superseded_at at time zone 'UTC')::date, 'infinity'::date) as gone_on, {_ALIKE}"""
_NOTE = f"""
create or replace function feedback.survey_note_{{name}}() returns trigger language plpgsql as $body$
begin
    insert into feedback.survey_changes ({_CELL}, n)
    select {_CELL}, sum(step) from (
        select {_DERIVED}, step from ({{rows}}) as answers
    ) as cells group by {_CELL} having sum(step) <> 0;
    return null;
end $body$
"""
_COME, _GONE = "select *, 1 as step from after_it", "select *, -1 as step from before_it"
NOTES = {"insert": _COME, "update": f"{_COME} union all {_GONE}", "delete": _GONE}
# By two times: when it was said, and when it was superseded. A test compares what this counts with what a job keeps.
COUNT = f"""
insert into survey_cells (workspace_id, measure, grain, said_on, gone_on, {_ALIKE}, n)
select a.workspace_id, a.measure, s.grain, s.said_on, s.gone_on, {_ALIKE}, sum(a.n)
from (select {_CELL}, count(*) as n from (select {_DERIVED} from survey_answers) as d group by {_CELL}) as a
cross join lateral (
    values ('day', a.said_on, date_trunc('month', a.gone_on::timestamp)::date),
        ('month', date_trunc('month', a.said_on::timestamp)::date, date_trunc('month', a.gone_on::timestamp)::date),
        ('month_day', date_trunc('month', a.said_on::timestamp)::date, a.gone_on),
        ('in_month', date_trunc('month', a.said_on::timestamp)::date, 'infinity'::date),
        ('in_week', date_trunc('week', a.said_on::timestamp)::date, 'infinity'::date)
) as s (grain, said_on, gone_on)
where (s.grain <> 'in_week' or a.gone_on > s.said_on + 6)
    and (s.grain <> 'in_month' or a.gone_on >= s.said_on + interval '1 month')
group by a.workspace_id, a.measure, s.grain, s.said_on, s.gone_on, {_ALIKE}
"""


# Of what is asked for lately: each contact's last vote for an idea and what was merged into it, as `demand.trend` says.
_DAYS = "greatest(0, (v.last at time zone 'UTC')::date - date '2020-01-01')"
_FACTORS = ", ".join(str(round(2 ** (20 + step / 14))) for step in range(14))
HEAT = f"""
update demand d set heat = n.heat from (
    select v.root, sum(trunc((array[{_FACTORS}]::numeric[])[1 + {_DAYS} % 14] * 2::numeric ^ ({_DAYS} / 14))) as heat
    from (
        select i.root, v.contact_id, max(v.created_at) as last from votes v join ideas i on i.id = v.idea_id
        group by i.root, v.contact_id
    ) as v group by v.root
) as n where d.idea_id = n.root
"""
_TREND = "case when heat > 0 then (ln(heat) / ln(2.0))::float8 else 0 end"
TREND = f"update demand_ranks r set trend = {_TREND} from demand d where d.idea_id = r.idea_id and d.heat > 0"
NOTE_DEMAND = f"""
create or replace function feedback.demand_note() returns trigger language plpgsql as $body$
begin
    insert into feedback.demand_ranks (idea_id, workspace_id, votes, accounts, mrr, trend, version)
    select idea_id, workspace_id, votes, accounts, mrr, {_TREND}, version from come on conflict (idea_id) do nothing;
    return null;
end $body$
"""
SOUGHT = {
    "sought_name": ("lower(left(name, 60))", "how the name begins, whatever the case"),
    "sought_last": (r"lower(left(substring(name from '\s(\S+)\s*$'), 60))", "how the last of several names does"),
    "sought_email": ("lower(left(email, 60))", "how the address begins"),
}


def upgrade() -> None:
    surveys()
    trends()
    for name, (computed, comment) in SOUGHT.items():
        op.add_column(
            "contacts",
            sa.Column(name, sa.Text(collation="C"), sa.Computed(computed, persisted=True), comment=comment),
        )
        op.create_index(
            f"contacts_{name}",
            "contacts",
            ["workspace_id", name, "id"],
            unique=False,
            postgresql_where=sa.text(f"{name} is not null and merged_into is null"),
        )


def trends() -> None:
    op.add_column(
        "demand",
        sa.Column(
            "heat",
            sa.Numeric(),
            server_default="0",
            nullable=False,
            comment="what votes weigh by when they were cast: see demand.trend",
        ),
    )
    op.add_column(
        "demand_ranks",
        sa.Column(
            "trend",
            sa.Float(),
            server_default="0",
            nullable=False,
            comment="what is asked for lately: log2 of its heat",
        ),
    )
    op.execute(HEAT)
    op.execute(TREND)
    op.create_index("demand_ranks_trend", "demand_ranks", ["workspace_id", "trend", "idea_id"], unique=False)
    op.execute(NOTE_DEMAND)


def surveys() -> None:
    # Whoever keeps answers waits from here to the end: none is counted twice or not at all.
    op.execute("truncate survey_changes, survey_cells")
    op.alter_column("survey_changes", "gone_in", new_column_name="gone_on", comment="superseded; infinity: not yet")
    op.drop_index("survey_cells_gone", table_name="survey_cells")
    op.drop_constraint("survey_cells_once", "survey_cells")
    op.alter_column(
        "survey_cells",
        "gone_in",
        new_column_name="gone_on",
        comment="superseded likewise; infinity: not yet, or not in that month or week",
    )
    op.alter_column("survey_cells", "said_on", comment="the day, or the first of the month or week, UTC")
    op.add_column(
        "survey_cells",
        sa.Column("grain", sa.Text(), nullable=False, comment="by what the two times are summed: see surveys.parts"),
    )
    for name, rows in NOTES.items():
        op.execute(_NOTE.format(name=name, rows=rows))
    op.execute(COUNT)
    op.create_unique_constraint(
        "survey_cells_once",
        "survey_cells",
        ["workspace_id", "measure", "grain", "said_on", "gone_on", *_ALIKE.split(", ")],
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("survey_answers_gone", table_name="survey_answers")
    op.create_index(
        "survey_answers_gone",
        "survey_answers",
        ["workspace_id", "measure", "superseded_at", "said_at"],
        unique=False,
        postgresql_where=sa.text("superseded_at is not null"),
    )
