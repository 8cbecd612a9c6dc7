"""What is compared, as rows."""

MODELS = """
select m.* from unnest($2::uuid[]) with ordinality as asked (id, place) cross join lateral (
    select id, name, framework, revision, active,
           exists(select from rescores r where r.model_id = models.id) as rescoring
    from models where id = asked.id and workspace_id = $1 limit 1
) as m order by asked.place
"""
# The top of each model's ranking, from its index; then every score of those ideas by its whole key.
VALUES = """
with top as (
    select asked.place, t.* from unnest($2::uuid[]) with ordinality as asked (id, place) cross join lateral (
        select s.idea_id, i.title, i.kind, i.status
        from scores s cross join lateral (
            select title, kind, status, archived, product_id from ideas
            where idea_id = s.idea_id and workspace_id = s.workspace_id limit 1
        ) as i
        where s.workspace_id = $1 and s.model_id = asked.id and s.value is not null and not i.archived
          and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4)
          and ($5::uuid is null or i.product_id = $5)
        order by s.value desc, s.idea_id desc limit $6
    ) as t
)
select u.*, v.values from (
    select idea_id, title, kind, status, array_agg(place) as on_top_of from top group by idea_id, title, kind, status
) as u cross join lateral (
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
