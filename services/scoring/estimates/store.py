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
LIST = f"""
select {_ESTIMATE} from estimates
where workspace_id = $1 and idea_id = $2 and id < $3 and (current or $4) and ($5::text is null or input = $5)
order by id desc limit $6
"""
WITHDRAW = """
with held as (select id, current from estimates where workspace_id = $1 and id = $2)
update estimates e set current = false, withdrawn_at = coalesce(withdrawn_at, now())
from held where e.workspace_id = $1 and e.id = held.id returning held.current as was_current
"""
CURRENT = """
select input, discipline, value from estimates
where workspace_id = $1 and idea_id = $2 and current order by input, estimator limit $3
"""
