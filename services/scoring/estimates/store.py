"""Estimates as rows."""

# Found by the whole key, one by one, and then changed by id. As a plain join this once took a minute: while a table
# grows faster than its statistics the planner takes a whole workspace for one row, and reads it for each new estimate.
SUPERSEDE = """
update estimates set current = false where id = any(array(
    select e.id from unnest($2::uuid[], $3::text[], $4::text[]) as g (idea_id, input, estimator) cross join lateral (
        select id from estimates
        where workspace_id = $1 and idea_id = g.idea_id and input = g.input and estimator = g.estimator and current
        limit 1
    ) as e
))
"""
_ESTIMATE = (
    "id, idea_id, input, value, spread::text as spread, estimator, discipline, team_id, note, round_id, current, "
    "withdrawn_at, created_at"
)
ADD = f"""
insert into estimates (id, workspace_id, idea_id, input, value, estimator, discipline, note, spread, round_id,
                       team_id)
select g.id, $1, g.idea_id, g.input, g.value, g.estimator, g.discipline, g.note, g.spread, $10, g.team_id
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::float8[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
            $11::uuid[]) as g (id, idea_id, input, value, estimator, discipline, note, spread, team_id)
returning {_ESTIMATE}
"""
GET = f"select {_ESTIMATE} from estimates where workspace_id = $1 and id = $2"
# Of all ideas that count as one with this, each from its own stretch of the index.
LIST = f"""
with root as materialized (
    select coalesce((select merged_into from ideas where workspace_id = $1 and idea_id = $2), $2) as id
), one as (
    select id from root
    union all select i.idea_id from root join ideas i on i.workspace_id = $1 and i.merged_into = root.id
)
select found.* from one cross join lateral (
    select {_ESTIMATE} from estimates
    where workspace_id = $1 and idea_id = one.id and id < $3 and (current or $4) and ($5::text is null or input = $5)
    order by id desc limit $6
) as found order by found.id desc limit $6
"""
WITHDRAW = """
with held as (select id, current from estimates where workspace_id = $1 and id = $2)
update estimates e set current = false, withdrawn_at = coalesce(withdrawn_at, now())
from held where e.workspace_id = $1 and e.id = held.id returning held.current as was_current
"""
# As scores take them: where an input has none, those of what was merged into the idea.
CURRENT = """
select input, discipline, value from (
    select input, discipline, value, estimator from estimates
    where workspace_id = $1 and idea_id = $2 and current
    union all
    select m.* from (
        select distinct on (e.input, e.estimator) e.input, e.discipline, e.value, e.estimator
        from ideas i join estimates e on e.workspace_id = $1 and e.idea_id = i.idea_id and e.current
        where i.workspace_id = $1 and i.merged_into = $2
        order by e.input, e.estimator, e.id desc
    ) as m
    where not exists (
        select from estimates o where o.workspace_id = $1 and o.idea_id = $2 and o.input = m.input and o.current
    )
) as counted order by input, estimator limit $3
"""
LIVING = "select merged_into from ideas where workspace_id = $1 and idea_id = $2"
