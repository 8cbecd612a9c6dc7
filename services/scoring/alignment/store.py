"""Objectives and contributions as rows, as the roadmap told of them."""

HELD = "select objective_id, weight, progress, counts from objectives where objective_id = any($1::uuid[])"
PROJECT_OBJECTIVES = """
insert into objectives (objective_id, workspace_id, weight, progress, counts, strategy_version, version)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::float8[], $4::float8[], $5::boolean[], $6::bigint[], $7::bigint[])
on conflict (objective_id) do update set
    weight = excluded.weight, progress = excluded.progress, counts = excluded.counts,
    strategy_version = excluded.strategy_version, version = excluded.version
where objectives.workspace_id = excluded.workspace_id and objectives.version < excluded.version
returning objective_id
"""
# Each idea's objectives come as text, since an array of arrays would have to be a rectangle.
PROJECT_CONTRIBUTIONS = """
insert into contributions (idea_id, workspace_id, objective_ids, weights, version)
select g.idea_id, g.workspace_id, g.objective_ids::uuid[], g.weights::float8[], g.version
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
    as g (idea_id, workspace_id, objective_ids, weights, version)
on conflict (idea_id) do update set
    objective_ids = excluded.objective_ids, weights = excluded.weights, version = excluded.version
where contributions.workspace_id = excluded.workspace_id and contributions.version < excluded.version
returning idea_id
"""
