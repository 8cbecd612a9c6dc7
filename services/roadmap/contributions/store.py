"""Contributions as rows."""

HOLD = """
insert into aligned_ideas (workspace_id, idea_id, version) values ($1, $2, 0)
on conflict (workspace_id, idea_id) do update set version = aligned_ideas.version returning version
"""
RAISE = "update aligned_ideas set version = version + 1 where workspace_id = $1 and idea_id = $2 returning version"
VERSION = "select version from aligned_ideas where workspace_id = $1 and idea_id = $2"
HELD = """
select objective_id, weight from contributions where workspace_id = $1 and idea_id = $2 order by objective_id
"""
TAKE_BACK = """
delete from contributions where workspace_id = $1 and idea_id = $2 and objective_id = any($3::uuid[])
"""
# What stays as it was keeps who said so, and when.
SAY = """
insert into contributions (workspace_id, idea_id, objective_id, weight, said_by)
select $1, $2, g.* from unnest($3::uuid[], $4::float8[], $5::text[]) as g (objective_id, weight, said_by)
on conflict (workspace_id, idea_id, objective_id) do update set
    weight = excluded.weight, said_by = excluded.said_by, said_at = excluded.said_at
where contributions.weight <> excluded.weight
"""
# What is said of an idea itself counts; of an objective of which nothing is, the most that is said of those that were
# merged into it.
OF_IDEA = """
select distinct on (c.objective_id) c.objective_id, c.idea_id, o.title, o.counts, c.weight, c.said_by, c.said_at
from (
    select $2::uuid as id, true as own
    union all select idea_id, false from ideas where workspace_id = $1 and merged_into = $2
) as one
join contributions c on c.workspace_id = $1 and c.idea_id = one.id
join objectives o on o.id = c.objective_id and o.workspace_id = c.workspace_id
order by c.objective_id, one.own desc, c.weight desc, c.idea_id
"""
