"""Scores as rows."""

# Both kinds of lock in one round trip. Each is taken in the order of its key, workspaces before ideas, and everyone
# takes them through these statements, so nobody waits in a circle.
LOCK_IDEAS = """
select pg_advisory_xact_lock_shared(key)::text from (
    select distinct hashtextextended(id::text, 21) as key from unnest($1::uuid[]) as w (id) order by key
) as workspaces
union all
select pg_advisory_xact_lock(key)::text from (
    select distinct hashtextextended(id::text, 22) as key from unnest($2::uuid[]) as i (id) order by key
) as ideas
"""
LOCK_WORKSPACE = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 21))"
ACTIVE_MODELS = """
select id, workspace_id, framework, revision, parameters::text as parameters from models
where workspace_id = any($1::uuid[]) and active and ($2::uuid is null or id = $2) order by id
"""
# Lateral, here and below: each row is looked up by its whole key, whatever the planner believes of tables that grow
# faster than their statistics. Rows name the idea by its position in what was asked for: two UUIDs less in each.
DEMAND = """
select asked.position, d.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select votes, insights, contacts, accounts, version, event_id from demand
    where idea_id = asked.idea_id and workspace_id = asked.workspace_id limit 1
) as d
"""
ESTIMATES = """
select asked.position, e.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select input, array_agg(id order by id) as ids, array_agg(value order by id) as values from estimates
    where workspace_id = asked.workspace_id and idea_id = asked.idea_id and current group by input
) as e
"""
WEIGHTS = """
select asked.position, w.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select policy_id, revision, state, value, cut, contacts, largest::text as largest, unknown::text as unknown,
           event_id, version
    from weights
    where workspace_id = asked.workspace_id and idea_id = asked.idea_id
      and ($3::uuid[] is null or policy_id = any($3)) offset 0
) as w
"""
POLICY_NAMES = "select id, name from demand_policies where workspace_id = $1 and id = any($2::uuid[])"
# A score moves when its state, value, missing inputs or model version do: its version rises and the cause is kept.
# Where only the inputs' origins differ they are brought up to date, and the last cause stands. The locks are held, so
# what `compared` sees is what is overwritten. The first move of a day keeps what the days before ended with: one row
# for each day on which a score moved, and none for the moves that follow.
WRITE = """
with given as (
    select g.*, m.workspace_id, m.revision as model_version,
           case when g.value is null then 'not_scoreable' else 'scored' end as state
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::float8[], $5::jsonb[], $6::jsonb[], $7::text[], $8::uuid[])
        as g (new_id, model_id, idea_id, value, inputs, missing, cause, cause_id)
    join models m on m.id = g.model_id
), compared as (
    select g.*, s.value as previous, coalesce(s.id, g.new_id) as id, coalesce(s.version, 0) as held_version,
           s.cause as held_cause, s.cause_id as held_cause_id, s.computed_at as held_at,
           s.id is null or (s.state, s.value, s.missing, s.model_version)
               is distinct from (g.state, g.value, g.missing, g.model_version) as moved
    from given g left join lateral (
        select * from scores
        where workspace_id = g.workspace_id and idea_id = g.idea_id and model_id = g.model_id limit 1
    ) as s on true
    where s.id is null or (s.state, s.value, s.missing, s.model_version, s.inputs)
        is distinct from (g.state, g.value, g.missing, g.model_version, g.inputs)
), kept as (
    insert into score_days (workspace_id, model_id, idea_id, since, until, state, value, missing, model_version,
                            computed_at)
    select c.workspace_id, c.model_id, c.idea_id, (s.computed_at at time zone 'UTC')::date,
           (now() at time zone 'UTC')::date, s.state, s.value, s.missing, s.model_version, s.computed_at
    from compared c cross join lateral (
        select * from scores
        where workspace_id = c.workspace_id and idea_id = c.idea_id and model_id = c.model_id limit 1
    ) as s
    where c.moved and c.held_at < date_trunc('day', now(), 'UTC')
    on conflict do nothing
), written as (
    insert into scores (id, workspace_id, model_id, idea_id, model_version, state, value, inputs, missing, cause,
                        cause_id, computed_at, version)
    select id, workspace_id, model_id, idea_id, model_version, state, value, inputs, missing,
           case when moved then cause else held_cause end, case when moved then cause_id else held_cause_id end,
           case when moved then now() else held_at end, held_version + moved::int
    from compared
    on conflict (workspace_id, idea_id, model_id) do update set
        model_version = excluded.model_version, state = excluded.state, value = excluded.value,
        inputs = excluded.inputs, missing = excluded.missing, cause = excluded.cause, cause_id = excluded.cause_id,
        computed_at = excluded.computed_at, version = excluded.version
)
select id, model_id, idea_id, held_version + 1 as version, previous from compared where moved
"""
IDEAS_AFTER = """
select idea_id from (
    (select idea_id from ideas where workspace_id = $1 and idea_id > $2 order by idea_id limit $3)
    union
    (select idea_id from demand where workspace_id = $1 and idea_id > $2 order by idea_id limit $3)
    union
    (select distinct idea_id from estimates where workspace_id = $1 and idea_id > $2
     order by idea_id limit $3)
) as known order by idea_id limit $3
"""
STORED = """
select s.* from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select model_id, idea_id, model_version, state, value, inputs::text as inputs, missing::text as missing
    from scores where workspace_id = $1 and idea_id = asked.idea_id offset 0
) as s
"""
IDEA = "select idea_id, title, kind, status, archived from ideas where workspace_id = $1 and idea_id = $2"
EXPLAIN = """
select s.id, s.idea_id, s.model_id, m.name as model_name, m.framework, s.model_version,
       r.parameters::text as parameters, s.state, s.value, s.inputs::text as inputs, s.missing::text as missing,
       s.cause, s.cause_id, s.computed_at, s.version
from scores s
join models m on m.id = s.model_id and m.workspace_id = s.workspace_id
join model_revisions r on r.model_id = s.model_id and r.revision = s.model_version
where s.workspace_id = $1 and s.idea_id = $2 and m.active order by s.model_id
"""
ESTIMATED = """
select id, estimator, discipline, value, created_at from estimates
where workspace_id = $1 and id = any($2::uuid[]) order by id
"""
_RANKED = """
select s.id, s.idea_id, i.title, i.kind, i.status, s.state, s.value, s.missing::text as missing, s.model_version,
       s.computed_at
from scores s cross join lateral (
    select title, kind, status, archived from ideas where idea_id = s.idea_id and workspace_id = s.workspace_id limit 1
) as i
where s.workspace_id = $1 and s.model_id = $2 and not i.archived
  and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4)
"""
RANKED = f"""{_RANKED}
  and (s.value, s.idea_id) < ($5::float8, $6::uuid) order by s.value desc, s.idea_id desc limit $7
"""
NOT_RANKED = f"""{_RANKED}
  and s.value is null and s.idea_id < $5::uuid order by s.idea_id desc limit $6
"""


# What a day ended with: the score itself where it has not moved since, else the row that the next move left behind.
# Both are walked from the cursor in the order of their index.
def _then(table: str) -> str:
    return f"""
select t.id, t.idea_id, i.title, i.kind, i.status, t.state, t.value, t.missing::text as missing, t.model_version,
       t.computed_at
from {table} cross join lateral (
    select title, kind, status, archived from ideas where idea_id = t.idea_id and workspace_id = t.workspace_id limit 1
) as i
where t.workspace_id = $1 and t.model_id = $2 and not i.archived
  and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4)
"""


_STILL = f"{_then('scores t')} and t.computed_at < ($5::date + 1)::timestamp at time zone 'UTC'"
_DAYS = """(
    select d.*, (
        select id from scores s
        where s.workspace_id = d.workspace_id and s.idea_id = d.idea_id and s.model_id = d.model_id
    ) as id from score_days d
) as t"""
_KEPT = f"{_then(_DAYS)} and t.since <= $5 and t.until > $5"
_FROM_THE_TOP = "and (t.value, t.idea_id) < ($6::float8, $7::uuid) order by t.value desc, t.idea_id desc limit $8"
_BY_ID = "and t.value is null and t.idea_id < $6::uuid order by t.idea_id desc limit $7"
RANKED_THEN = f"""
select * from (({_STILL} {_FROM_THE_TOP}) union all ({_KEPT} {_FROM_THE_TOP})) as both_kinds
order by value desc, idea_id desc limit $8
"""
NOT_RANKED_THEN = f"""
select * from (({_STILL} {_BY_ID}) union all ({_KEPT} {_BY_ID})) as both_kinds order by idea_id desc limit $7
"""
MODEL = "select framework, active from models where workspace_id = $1 and id = $2"
