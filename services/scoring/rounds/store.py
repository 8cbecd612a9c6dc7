"""Rounds as rows."""

_ROUND = "id, name, idea_ids, inputs, state, opened_by, opened_at, revealed_at, closed_at"
OPEN = f"""
insert into rounds (id, workspace_id, name, idea_ids, inputs, state, opened_by)
values ($2, $1, $3, $4, $5, 'open', $6) returning {_ROUND}
"""
GET = f"select {_ROUND} from rounds where workspace_id = $1 and id = $2"
LOCK = f"{GET} for update"
LIST = f"""
select {_ROUND} from rounds where workspace_id = $1 and id < $2 and ($3::text is null or state = $3)
order by id desc limit $4
"""
REVEAL = f"""
update rounds set state = 'revealed', revealed_at = now() where workspace_id = $1 and id = $2 returning {_ROUND}
"""
CLOSE = f"""
update rounds set state = 'closed', closed_at = now() where workspace_id = $1 and id = $2 returning {_ROUND}
"""
GIVE = """
insert into round_values (workspace_id, round_id, idea_id, input, estimator, discipline, value)
select $1, $2, g.idea_id, g.input, $3, $4, g.value
from unnest($5::uuid[], $6::text[], $7::float8[]) as g (idea_id, input, value)
on conflict (workspace_id, round_id, idea_id, input, estimator)
do update set value = excluded.value, discipline = excluded.discipline
"""
PROGRESS = """
select estimator, count(*) as given from round_values where workspace_id = $1 and round_id = $2
group by estimator order by estimator
"""
VALUES = """
select idea_id, input, estimator, discipline, value from round_values where workspace_id = $1 and round_id = $2
order by idea_id, input, estimator
"""
