"""Outcomes as rows, and what had been predicted of them."""

_OUTCOME = "id, idea_id, input, kind, actual, predicted_at, note, recorded_by, created_at, updated_at"
# The moment of the prediction stays unless another is given: an outcome that is mended is held against the same.
SET = """
insert into outcomes (id, workspace_id, idea_id, input, kind, actual, predicted_at, note, recorded_by)
select g.id, $1, g.idea_id, g.input, g.kind, g.actual, coalesce(g.predicted_at, now()), g.note, $9
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::float8[], $7::timestamptz[], $8::text[])
    as g (id, idea_id, input, kind, actual, predicted_at, note)
where g.actual is not null order by 3, 4
on conflict (workspace_id, idea_id, input) do update set
    kind = excluded.kind, actual = excluded.actual, note = excluded.note, recorded_by = excluded.recorded_by,
    predicted_at = case when excluded.predicted_at = now() then outcomes.predicted_at else excluded.predicted_at end,
    updated_at = now()
"""
CLEAR = """
delete from outcomes o using unnest($2::uuid[], $3::text[], $4::float8[]) as g (idea_id, input, actual)
where o.workspace_id = $1 and o.idea_id = g.idea_id and o.input = g.input and g.actual is null
"""
GET_OUTCOME = f"select {_OUTCOME} from outcomes where workspace_id = $1 and id = $2"
_OUTCOMES = f"select {_OUTCOME} from outcomes where workspace_id = $1 and id < $2"
LIST_OUTCOMES = f"{_OUTCOMES} order by id desc limit $3"
LIST_OUTCOMES_OF_INPUT = f"{_OUTCOMES} and input = $4 order by id desc limit $3"
LIST_OUTCOMES_OF_IDEA = f"{_OUTCOMES} and idea_id = $4 and ($5::text is null or input = $5) order by id desc limit $3"
MODEL = """
select name, framework, parameters::text as parameters, revision from models where workspace_id = $1 and id = $2
"""
# The newest outcomes of an input, each with the estimates that were current at the moment of the prediction: of every
# estimator the last one given by then, unless it was withdrawn by then. As scores take them: where nobody had estimated
# the idea itself, those of what was merged into it; of somebody who estimated several of those the latest.
PREDICTED = """
select o.idea_id, o.actual, e.* from (
    select idea_id, actual, predicted_at from outcomes
    where workspace_id = $1 and input = $2 and kind = $3 order by id desc limit $4
) as o
cross join lateral (
    with said as (
        select distinct on (m.idea_id, t.estimator) m.own, t.estimator, t.id, t.value, t.team_id, t.discipline,
               t.withdrawn_at
        from (
            select o.idea_id, true as own
            union all
            select idea_id, false from ideas where workspace_id = $1 and merged_into = o.idea_id
        ) as m join estimates t on t.workspace_id = $1 and t.idea_id = m.idea_id and t.input = $2
        where t.created_at <= o.predicted_at
        order by m.idea_id, t.estimator, t.id desc
    ), current as (
        select * from said where withdrawn_at is null or withdrawn_at > o.predicted_at
    ), counted as (
        select distinct on (estimator) id, value, team_id, discipline from current
        where own or not exists (select from current where own) order by estimator, id desc
    )
    select array_agg(value order by id) as values, array_agg(team_id order by id) as teams,
           array_agg(discipline order by id) as disciplines
    from counted
) as e
where e.values is not null
"""
