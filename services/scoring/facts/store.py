"""Facts as rows."""

# A few hundred at most in a workspace.
OBJECTIVES = """
select workspace_id, objective_id, weight, progress, counts, strategy_version from objectives
where workspace_id = any($1::uuid[]) order by objective_id
"""
CONTRIBUTIONS = """
select asked.position, c.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select objective_ids, weights, version from contributions
    where idea_id = asked.idea_id and workspace_id = asked.workspace_id limit 1
) as c
"""
CELLS = """
select asked.position, c.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select p.evidence_id, k.ours, p.theirs, p.observed_on, r.weight
    from capability_ideas l
    join capabilities k on k.id = l.capability_id and k.workspace_id = l.workspace_id
    join parities p on p.workspace_id = l.workspace_id and p.capability_id = l.capability_id
    join competitors r on r.id = p.competitor_id and r.workspace_id = p.workspace_id
    where l.workspace_id = asked.workspace_id and l.idea_id = asked.idea_id and not k.archived and not r.archived
) as c
"""
DECAYS = """
select workspace_id, half_life_days, max_age_days from competition_decays where workspace_id = any($1::uuid[])
"""
IDEA = "select idea_id, title from ideas where workspace_id = $1 and idea_id = $2"
SEEN = """
select e.id, e.capability_id, k.name as capability, e.competitor_id, c.name as competitor, e.url, e.note, e.said_by
from evidence e
join capabilities k on k.id = e.capability_id and k.workspace_id = e.workspace_id
join competitors c on c.id = e.competitor_id and c.workspace_id = e.workspace_id
where e.workspace_id = $1 and e.id = any($2::uuid[])
"""
