"""What methods say of ideas, as rows."""

# A stretch of ideas in order of their ids, each with what the methods say that are held against each other.
LOOK = """
select i.idea_id, i.title, i.archived, k.counts, k.version, k.event_id,
    coalesce((
        select jsonb_agg(jsonb_build_object('model_id', m.id, 'framework', m.framework, 'parameters', r.parameters,
                                            'inputs', s.inputs) order by m.id)
        from models m join scores s on s.workspace_id = m.workspace_id and s.idea_id = i.idea_id and s.model_id = m.id
        join model_revisions r on r.model_id = s.model_id and r.revision = s.model_version
        where m.workspace_id = $1 and m.active and m.framework = any($4::text[]) and s.value is not null
    ), '[]')::text as scores
from (select idea_id, title, archived from ideas where workspace_id = $1 and idea_id > $2 order by idea_id limit $3) i
left join lateral (
    select counts, version, event_id from kano where idea_id = i.idea_id and workspace_id = $1 limit 1
) as k on true
order by i.idea_id
"""
