"""Facts as rows."""

# A few hundred at most in a workspace.
OBJECTIVES = """
select workspace_id, objective_id, weight, progress, counts, strategy_version from objectives
where workspace_id = any($1::uuid[]) order by objective_id
"""
# What is said of an idea itself, and of those that were merged into it; its own comes last.
CONTRIBUTIONS = """
select asked.position, c.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select objective_ids, weights, version, true as own from contributions
    where idea_id = asked.idea_id and workspace_id = asked.workspace_id
    union all
    select m.objective_ids, m.weights, m.version, false
    from ideas i join contributions m on m.idea_id = i.idea_id and m.workspace_id = i.workspace_id
    where i.workspace_id = asked.workspace_id and i.merged_into = asked.idea_id
) as c order by asked.position, c.own
"""
# Capabilities that the idea would give us, or one that was merged into it.
CELLS = """
select asked.position, c.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select p.evidence_id, k.ours, p.theirs, p.observed_on, r.weight
    from (
        select capability_id, workspace_id from capability_ideas
        where workspace_id = asked.workspace_id and idea_id = asked.idea_id
        union
        select m.capability_id, m.workspace_id
        from ideas i join capability_ideas m on m.workspace_id = i.workspace_id and m.idea_id = i.idea_id
        where i.workspace_id = asked.workspace_id and i.merged_into = asked.idea_id
    ) as l
    join capabilities k on k.id = l.capability_id and k.workspace_id = l.workspace_id
    join parities p on p.workspace_id = l.workspace_id and p.capability_id = l.capability_id
    join competitors r on r.id = p.competitor_id and r.workspace_id = p.workspace_id
    where not k.archived and not r.archived
) as c
"""
DECAYS = """
select workspace_id, half_life_days, max_age_days from competition_decays where workspace_id = any($1::uuid[])
"""
IDEA = "select idea_id, title, merged_into from ideas where workspace_id = $1 and idea_id = $2"
SEEN = """
select e.id, e.capability_id, k.name as capability, e.competitor_id, c.name as competitor, e.url, e.note, e.said_by
from evidence e
join capabilities k on k.id = e.capability_id and k.workspace_id = e.workspace_id
join competitors c on c.id = e.competitor_id and c.workspace_id = e.workspace_id
where e.workspace_id = $1 and e.id = any($2::uuid[])
"""
