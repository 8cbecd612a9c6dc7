"""Estimates as rows."""

SUPERSEDE = """
update estimates as e set current = false
from unnest($2::uuid[], $3::text[], $4::text[]) as g (idea_id, input, estimator)
where e.workspace_id = $1 and e.idea_id = g.idea_id and e.input = g.input and e.estimator = g.estimator and e.current
"""
_ESTIMATE = "id, idea_id, input, value, estimator, discipline, note, current, withdrawn_at, created_at"
ADD = f"""
insert into estimates (id, workspace_id, idea_id, input, value, estimator, discipline, note)
select g.id, $1, g.idea_id, g.input, g.value, g.estimator, g.discipline, g.note
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::float8[], $6::text[], $7::text[], $8::text[])
    as g (id, idea_id, input, value, estimator, discipline, note)
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
