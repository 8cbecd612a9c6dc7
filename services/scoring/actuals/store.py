"""Actuals as rows, and their sums."""

# One writer of a workspace at a time: what is held, and so what the sums change by, is then what was committed.
LOCK = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 23))"
_ACTUAL = "id, source, external_id, idea_id, team_id, period, skill, unit, amount, recorded_by, created_at, updated_at"
HELD = f"""
select a.* from unnest($2::text[], $3::text[]) as g (source, external_id) cross join lateral (
    select {_ACTUAL} from actuals
    where workspace_id = $1 and source = g.source and external_id = g.external_id limit 1
) as a
"""
PUT = """
insert into actuals (id, workspace_id, source, external_id, idea_id, team_id, period, skill, unit, amount, recorded_by)
select g.id, $1, g.source, g.external_id, g.idea_id, g.team_id, g.period, g.skill, g.unit, g.amount, $11
from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[],
            $10::float8[]) as g (id, source, external_id, idea_id, team_id, period, skill, unit, amount)
on conflict (workspace_id, source, external_id) do update set
    idea_id = excluded.idea_id, team_id = excluded.team_id, period = excluded.period, skill = excluded.skill,
    unit = excluded.unit, amount = excluded.amount, recorded_by = excluded.recorded_by, updated_at = now()
"""
REMOVE = "delete from actuals where workspace_id = $1 and id = any($2::uuid[])"
# Added up here, where sums of decimals are exact however far apart they are.
ADD_UP = """
insert into spent (workspace_id, period, team_id, idea_id, skill, unit, amount)
select $1, g.period, g.team_id, g.idea_id, g.skill, g.unit, sum(g.amount)
from unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::numeric[])
    as g (period, team_id, idea_id, skill, unit, amount)
group by 2, 3, 4, 5, 6 order by 2, 3, 4, 5, 6
on conflict (workspace_id, period, team_id, idea_id, skill, unit) do update set amount = spent.amount + excluded.amount
"""
NOTHING_LEFT = """
delete from spent s
using unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
    as g (period, team_id, idea_id, skill, unit)
where s.workspace_id = $1 and s.period = g.period and s.team_id = g.team_id and s.idea_id = g.idea_id
  and s.skill = g.skill and s.unit = g.unit and s.amount = 0
"""
# What was expected before anything was told of the work: later estimates know too much.
EXPECTED = """
insert into effort_baselines (workspace_id, idea_id, skill, unit, amount)
select e.workspace_id, e.idea_id, e.skill, e.unit, e.amount
from unnest($2::uuid[]) as g (idea_id) join efforts e on e.workspace_id = $1 and e.idea_id = g.idea_id
where not exists (select from spent s where s.workspace_id = $1 and s.idea_id = g.idea_id)
order by 2, 3
on conflict do nothing
"""
GET = f"select {_ACTUAL} from actuals where workspace_id = $1 and id = $2"
_LIST = f"select {_ACTUAL} from actuals where workspace_id = $1 and id > $2"
LIST = f"{_LIST} order by id limit $3"
LIST_OF_TEAM = f"{_LIST} and team_id = $4 order by id limit $3"
LIST_OF_PERIOD = f"{_LIST} and ($4::uuid is null or team_id = $4) and period = $5 order by id limit $3"
LIST_OF_IDEA = f"""{_LIST} and ($4::uuid is null or team_id = $4) and ($5::text is null or period = $5)
  and idea_id = $6 order by id limit $3
"""
# By the kind that the idea has today; an idea that scoring has not heard of has none.
BY_KIND = """
select s.period, s.team_id, s.unit, i.kind, sum(s.amount)::float8 as amount, count(distinct s.idea_id) as ideas
from spent s left join ideas i on i.idea_id = s.idea_id and i.workspace_id = s.workspace_id
where s.workspace_id = $1 and s.period = any($2::text[]) and s.team_id = any($3::uuid[])
group by s.period, s.team_id, s.unit, i.kind order by s.period, s.team_id, s.unit, i.kind
"""
BY_SKILL = """
select period, skill, sum(amount)::float8 as amount from spent
where workspace_id = $1 and period = any($2::text[]) and team_id = any($3::uuid[]) and unit = $4
group by period, skill order by period, skill
"""
# The newest ideas that have shipped, each skill with what was expected of it and what it took, in the same unit.
FINISHED = """
select b.idea_id, b.skill, b.amount as expected, s.amount as actual, s.teams
from (
    select idea_id, skill, unit, amount from effort_baselines where workspace_id = $1
    order by idea_id desc, skill limit $2
) as b
cross join lateral (
    select sum(amount)::float8 as amount, array_agg(distinct team_id order by team_id) as teams from spent
    where workspace_id = $1 and idea_id = b.idea_id and skill = b.skill and unit = b.unit
) as s
cross join lateral (
    select status from ideas where idea_id = b.idea_id and workspace_id = $1 limit 1
) as i
where s.amount is not null and i.status = 'shipped' and not exists (
    select from spent where workspace_id = $1 and idea_id = b.idea_id and skill = b.skill and unit <> b.unit
)
"""
