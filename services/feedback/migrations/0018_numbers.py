"""Numbers are kept where there is much to count: demand by group, answers of surveys by day.

And what Kano answers said before anybody listened is told.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "feedback_0018"
down_revision = "feedback_0017"
branch_labels = None
depends_on = None

# What a plan is called decides the group; before, only what is paid was told.
NOTE_ACCOUNTS = """
create or replace function feedback.share_note_accounts() returns trigger language plpgsql as $body$
begin
    insert into feedback.account_marks (workspace_id, account_id)
    select n.workspace_id, n.id from after_it n join before_it b on b.id = n.id
    where (n.mrr, n.mrr_since, n.plan) is distinct from (b.mrr, b.mrr_since, b.plan);
    return null;
end $body$
"""
# The job looks whether there is enough of it to be kept.
BEFORE = "insert into demand_marks (workspace_id, idea_id) select workspace_id, idea_id from demand where contacts > 0"

# `subjects` was filled by its step, and nobody was told: whoever listens now hears of what was answered before. The
# label is the first of the leading categories where Fong's test tells it from the second, as `shared.statistics.kano`
# has it; a test compares the two.
KANO = """
with told as (
    insert into events (id, workspace_id, type, aggregate_id, version, occurred_at, traceparent, data)
    select gen_random_uuid(), i.workspace_id, 'feedback.kano.changed.v1', i.id, s.kano_version, now(), '',
        jsonb_build_object(
            'workspace_id', i.workspace_id, 'version', s.kano_version, 'idea_id', i.id, 'respondents', n.all_of_them,
            'counts', jsonb_build_object('M', s.kano[1], 'O', s.kano[2], 'A', s.kano[3], 'I', s.kano[4], 'R', s.kano[5],
                'Q', s.kano[6]),
            'label', case when s.kano[1] + s.kano[2] + s.kano[3] + s.kano[4] = 0 then null
                when f.first > f.second and f.first - f.second
                    >= 1.65 * sqrt((f.first + f.second) * (2 * n.all_of_them - f.first - f.second) / (2.0 * n.all_of_them))
                    then f.category else 'undecided' end
        )
    from subjects s join ideas i on i.workspace_id = s.workspace_id and i.key = s.about
    cross join lateral (select sum(each) as all_of_them from unnest(s.kano) as c (each)) as n
    cross join lateral (
        select (array_agg(category order by answers desc, place))[1] as category,
            (array_agg(answers order by answers desc))[1] as first, (array_agg(answers order by answers desc))[2] as second
        from unnest(array['M', 'O', 'A', 'I', 'R'], s.kano[1:5]) with ordinality as l (category, answers, place)
    ) as f
    where s.kano_version > 0 and n.all_of_them > 0 and not exists (
        select from events e where e.type = 'feedback.kano.changed.v1' and e.aggregate_id = i.id
    )
    returning seq, occurred_at
)
insert into outbox (seq, occurred_at) select seq, occurred_at from told
"""

_CELL = "workspace_id, measure, said_on, gone_in, about, product_id, connection_id, source, release, value, without, low, high"
_DERIVED = """workspace_id, measure, (said_at at time zone 'UTC')::date as said_on,
    coalesce(date_trunc('month', superseded_at at time zone 'UTC')::date, 'infinity'::date) as gone_in, about, product_id,
    connection_id, source, release, value, without, low, high"""
# Whoever keeps, supersedes or forgets answers, by whatever statement, need not know that they are counted.
_NOTE = f"""
create function feedback.survey_note_{{name}}() returns trigger language plpgsql as $body$
begin
    insert into feedback.survey_changes ({_CELL}, n)
    select {_CELL}, sum(step) from (
        select {_DERIVED}, step from ({{rows}}) as answers
    ) as cells group by {_CELL} having sum(step) <> 0;
    return null;
end $body$
"""
_COME, _GONE = "select *, 1 as step from after_it", "select *, -1 as step from before_it"
NOTES = {
    "insert": (_COME, "new table as after_it"),
    "update": (f"{_COME} union all {_GONE}", "new table as after_it old table as before_it"),
    "delete": (_GONE, "old table as before_it"),
}
_ON = """
create trigger survey_answers_{name} after {name} on survey_answers referencing {tables}
for each statement execute function feedback.survey_note_{name}()
"""
COUNT = f"""
insert into survey_cells ({_CELL}, n)
select {_CELL}, count(*) from (select {_DERIVED} from survey_answers) as answers group by {_CELL}
"""


def key(name: str, comment: str | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=nullable, comment=comment)


def word(name: str, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, comment=comment)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def cell() -> tuple[sa.Column[Any], ...]:
    return (
        key("workspace_id"),
        word("measure"),
        sa.Column("said_on", sa.Date(), nullable=False, comment="UTC"),
        sa.Column(
            "gone_in",
            sa.Date(),
            nullable=False,
            comment="the month in which they were superseded; infinity: not yet",
        ),
        word("about"),
        key("product_id", nullable=True),
        key("connection_id", nullable=True),
        word("source"),
        sa.Column("release", sa.Text(), nullable=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("without", sa.SmallInteger(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
    )


def surveys() -> None:
    op.create_index(
        "survey_answers_gone",
        "survey_answers",
        ["workspace_id", "measure", "superseded_at"],
        postgresql_where=sa.text("superseded_at is not null"),
    )
    op.create_table(
        "survey_cells",
        *cell(),
        sa.UniqueConstraint(*_CELL.split(", "), name="survey_cells_once", postgresql_nulls_not_distinct=True),
        comment="how many answers are alike in everything that they are counted by but who gave them",
    )
    op.create_index("survey_cells_empty", "survey_cells", ["workspace_id"], postgresql_where=sa.text("n = 0"))
    op.create_table(
        "survey_changes",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *cell(),
        sa.PrimaryKeyConstraint("seq"),
        comment="by how much cells are to be changed still: part of every count until then; written by triggers",
    )
    for name, (rows, tables) in NOTES.items():
        op.execute(_NOTE.format(name=name, rows=rows))
        op.execute(_ON.format(name=name, tables=tables))
    op.execute(COUNT)


# A row for each idea with demand from the first, whoever puts that there: a page by demand leaves none out.
RANK = "insert into demand_ranks select idea_id, workspace_id, votes, accounts, mrr, version from demand"
NOTE_DEMAND = """
create function feedback.demand_note() returns trigger language plpgsql as $body$
begin
    insert into feedback.demand_ranks (idea_id, workspace_id, votes, accounts, mrr, version)
    select idea_id, workspace_id, votes, accounts, mrr, version from come on conflict (idea_id) do nothing;
    return null;
end $body$
"""
ON_DEMAND = """
create trigger demand_came after insert on demand referencing new table as come
for each statement execute function feedback.demand_note()
"""


def ranks() -> None:
    op.create_table(
        "demand_ranks",
        key("idea_id"),
        key("workspace_id"),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        number("mrr"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of the demand that it is"),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="by what ideas are put in order of demand: follows it by a moment, once for many votes",
    )
    op.execute(RANK)
    for name in ("votes", "accounts", "mrr"):
        op.create_index(f"demand_ranks_{name}", "demand_ranks", ["workspace_id", name, "idea_id"])
        op.drop_index(f"demand_{name}", "demand")
    op.drop_index("idea_accounts_account", "idea_accounts")
    op.execute(NOTE_DEMAND)
    op.execute(ON_DEMAND)


def upgrade() -> None:
    ranks()
    demand()
    surveys()
    op.execute(KANO)


def demand() -> None:
    op.add_column("share_marks", key("contact_id", "which of those", nullable=True))
    op.create_table(
        "demand_kept",
        key("scope_id", "an idea, or the workspace, with which its products are kept"),
        key("workspace_id"),
        key("fill_from", "whose part has been counted, in order of id; null once that is all", nullable=True),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="null: not counted through once yet, and not to be read",
        ),
        sa.PrimaryKeyConstraint("scope_id"),
        comment="of what demand is kept by group",
    )
    op.create_index(
        "demand_kept_filling", "demand_kept", ["scope_id"], postgresql_where=sa.text("fill_from is not null")
    )
    op.create_table(
        "demand_parts",
        key("scope_id"),
        key("holder_id", "an account, a contact without one, or a nameless statement"),
        word("kind", "what is grouped by; empty: the total"),
        word("key", "the group, by id where it has one; empty: those in none"),
        key("workspace_id"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("contacts", "votes", "insights")),
        sa.Column(
            "mrr", sa.BigInteger(), nullable=True, comment="of an account, as it was counted; null: who asks is none"
        ),
        sa.Column(
            "paid",
            sa.BigInteger(),
            nullable=True,
            comment="by the account when its last vote in the group was cast; null: it has none",
        ),
        sa.PrimaryKeyConstraint("scope_id", "holder_id", "kind", "key"),
        comment="what each asker adds to the groups of a scope",
    )
    op.create_index(
        "demand_parts_most",
        "demand_parts",
        ["scope_id", "kind", "key", "mrr", "holder_id"],
        postgresql_where=sa.text("mrr is not null"),
    )
    op.create_table(
        "demand_groups",
        key("scope_id"),
        word("kind"),
        word("key"),
        key("workspace_id"),
        *map(
            number,
            ("contacts", "votes", "insights", "accounts", "mrr", "mrr_at_vote", "accounts_without_vote"),
        ),
        sa.PrimaryKeyConstraint("scope_id", "kind", "key"),
        comment="the sums of those parts",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "demand_marks",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        key("workspace_id"),
        key("idea_id", "where it counts; null: whatever the holder asks for", nullable=True),
        key("holder_id", "null: everybody behind the idea", nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        comment="whose part in what has changed since it was counted",
    )
    op.execute(NOTE_ACCOUNTS)
    op.execute(BEFORE)
