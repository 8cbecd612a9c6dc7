"""Candidates as rows."""

MODEL = """
select id, name, framework, parameters::text as parameters, revision, active,
       exists(select from rescores r where r.model_id = models.id) as rescoring
from models where workspace_id = $1 and id = $2
"""
NAMED = """
select i.* from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select idea_id, title, kind, status, merged_into from ideas
    where idea_id = asked.idea_id and workspace_id = $1 limit 1
) as i
"""
DEMAND = """
select d.* from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select idea_id, votes, insights, contacts, accounts, version, event_id from demand
    where idea_id = asked.idea_id and workspace_id = $1 limit 1
) as d
"""
# As scores take them: where an input has none, those of what was merged into the idea.
ESTIMATES = """
select asked.idea_id, e.* from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select input, array_agg(id order by id) as ids, array_agg(value order by id) as values,
           array_agg(team_id order by id) as teams,
           array_agg(spread::text order by id) as spreads
    from (
        select input, id, value, team_id, spread from estimates
        where workspace_id = $1 and idea_id = asked.idea_id and current
        union all
        select m.input, m.id, m.value, m.team_id, m.spread from (
            select distinct on (e.input, e.estimator) e.input, e.id, e.value, e.team_id, e.spread
            from ideas i join estimates e on e.workspace_id = $1 and e.idea_id = i.idea_id and e.current
            where i.workspace_id = $1 and i.merged_into = asked.idea_id
            order by e.input, e.estimator, e.id desc
        ) as m
        where not exists (
            select from estimates o
            where o.workspace_id = $1 and o.idea_id = asked.idea_id and o.input = m.input and o.current
        )
    ) as counted group by input
) as e
"""
