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
OF_IDEA = """
select c.objective_id, o.title, o.counts, c.weight, c.said_by, c.said_at
from contributions c join objectives o on o.id = c.objective_id and o.workspace_id = c.workspace_id
where c.workspace_id = $1 and c.idea_id = $2 order by c.objective_id
"""
