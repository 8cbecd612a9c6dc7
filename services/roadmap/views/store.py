"""Views as rows, and the rows behind a published one."""

_VIEW = "id, slug, title, introduction, statuses, fields, published, version, created_at, updated_at"
ADD = f"""
insert into views (id, workspace_id, slug, title, introduction, statuses, fields, published)
values ($2, $1, $3, $4, $5, $6, $7, $8) on conflict (workspace_id, slug) do nothing
returning {_VIEW}
"""
LOCK = f"select {_VIEW} from views where workspace_id = $1 and id = $2 for update"
GET = f"select {_VIEW} from views where workspace_id = $1 and id = $2"
LIST = f"select {_VIEW} from views where workspace_id = $1 and id > $2 order by id limit $3"
CHANGE = f"""
update views set title = $3, introduction = $4, statuses = $5, fields = $6, published = $7, version = version + 1,
    updated_at = now()
where workspace_id = $1 and id = $2 returning {_VIEW}
"""
DELETE = "delete from views where workspace_id = $1 and id = $2"
PUBLISHED = f"select {_VIEW} from views where workspace_id = $1 and slug = $2 and published"
# An item's ideas, each as the one that it was merged into; two that were merged count once.
_COUNTING = """
(
    select distinct coalesce(k.merged_into, o.idea_id) as idea_id
    from item_ideas o left join ideas k on k.idea_id = o.idea_id and k.workspace_id = $1
    where o.item_id = i.id and o.workspace_id = $1
)
"""
# Each status by itself, so that the index gives its newest without looking at the rest.
SHOWN = f"""
select i.id, i.title, i.status, i.summary, i.target, i.shipped_at, i.updated_at, d.people, d.votes, s.models, s.values
from unnest($2::text[]) as wanted (status)
cross join lateral (
    select * from items where workspace_id = $1 and status = wanted.status
    order by shipped_at desc, id desc limit $3
) i
cross join lateral (
    select coalesce(max(contacts), 0) as people, coalesce(sum(votes), 0)::bigint as votes
    from {_COUNTING} l join demand on demand.idea_id = l.idea_id where demand.workspace_id = $1
) d
cross join lateral (
    select array_agg(model_id order by model_id) as models, array_agg(value order by model_id) as values from (
        select model_id, max(value) as value
        from {_COUNTING} l join scores on scores.idea_id = l.idea_id
        where scores.workspace_id = $1 and scores.state = 'scored'
        group by model_id
    ) best
) s
"""
