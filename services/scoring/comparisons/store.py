"""What is compared, as rows."""

MODELS = """
select m.* from unnest($2::uuid[]) with ordinality as asked (id, place) cross join lateral (
    select id, name, framework, revision, active,
           exists(select from rescores r where r.model_id = models.id) as rescoring
    from models where id = asked.id and workspace_id = $1 limit 1
) as m order by asked.place
"""
# Every score of these ideas, by its whole key.
VALUES = """
select u.idea_id, v.values from unnest($3::uuid[]) as u (idea_id) cross join lateral (
    select array_agg(s.value order by asked.place) as values
    from unnest($2::uuid[]) with ordinality as asked (id, place) left join lateral (
        select value from scores where workspace_id = $1 and idea_id = u.idea_id and model_id = asked.id limit 1
    ) as s on true
) as v order by u.idea_id
"""
LIVING = """
select asked.idea_id as asked, coalesce(i.merged_into, asked.idea_id) as idea_id
from unnest($2::uuid[]) as asked (idea_id) left join ideas i on i.idea_id = asked.idea_id and i.workspace_id = $1
"""
SCORED = """
select asked.position, s.* from unnest($3::uuid[]) with ordinality as asked (idea_id, position) cross join lateral (
    select s.idea_id, i.title, s.value, s.state, s.missing::text as missing, s.inputs::text as inputs, s.model_version,
           r.parameters::text as parameters
    from scores s
    join model_revisions r on r.workspace_id = s.workspace_id and r.model_id = s.model_id
        and r.revision = s.model_version
    left join ideas i on i.idea_id = s.idea_id and i.workspace_id = s.workspace_id
    where s.workspace_id = $1 and s.model_id = $2 and s.idea_id = asked.idea_id limit 1
) as s order by asked.position
"""
