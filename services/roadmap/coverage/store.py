"""What serves which objective, as rows."""

# An objective has a few hundred ideas at most, and a workspace a few hundred objectives.
OBJECTIVES = """
select o.id, o.title, o.status, o.weight, o.counts, o.progress, w.ideas, w.items, w.shipped
from objectives o cross join lateral (
    select count(distinct c.idea_id) as ideas, count(distinct i.id) as items,
           count(distinct i.id) filter (where i.status = 'shipped') as shipped
    from contributions c
    left join item_ideas l on l.idea_id = c.idea_id and l.workspace_id = c.workspace_id
    left join items i on i.id = l.item_id and i.workspace_id = l.workspace_id and i.status <> 'cancelled'
    where c.workspace_id = o.workspace_id and c.objective_id = o.id and c.weight > 0
) as w
where o.workspace_id = $1 and o.id > $2 and not o.archived and ($4::boolean is null or o.counts = $4)
  and ($5::text is null or case $5 when 'ideas' then w.ideas else w.items end = 0)
order by o.id limit $3
"""
SERVING = """
select c.idea_id, i.title, i.kind, c.weight, c.said_by, c.said_at
from contributions c left join ideas i on i.idea_id = c.idea_id and i.workspace_id = c.workspace_id
where c.workspace_id = $1 and c.objective_id = $2 and c.idea_id > $3 order by c.idea_id limit $4
"""
ITEMS_OF = """
select l.idea_id, i.id, i.title, i.status from item_ideas l join items i on i.id = l.item_id
where l.workspace_id = $1 and l.idea_id = any($2::uuid[]) and i.workspace_id = $1 order by l.idea_id, i.id
"""
_SERVES = """
select from contributions c join objectives o on o.id = c.objective_id and o.workspace_id = c.workspace_id
where c.workspace_id = $1 and c.weight > 0 and o.counts
"""
# Nothing tells beforehand which have none: a page looks at so many and says how far it came. There is always one row.
UNALIGNED_IDEAS = f"""
with looked as materialized (
    select idea_id, title, kind, archived or merged_into is not null as gone from ideas
    where workspace_id = $1 and idea_id < $2 order by idea_id desc limit $4
)
select f.id, f.title, f.kind, (select count(*) from looked) as looked,
       (select idea_id from looked order by idea_id limit 1) as reach
from (values (1)) as always left join lateral (
    select k.idea_id as id, k.title, k.kind from looked k
    where not k.gone and not exists ({_SERVES} and c.idea_id = k.idea_id) order by k.idea_id desc limit $3
) as f on true order by f.id desc nulls last
"""
UNALIGNED_ITEMS = f"""
with looked as materialized (
    select id, title, status from items where workspace_id = $1 and id < $2 order by id desc limit $4
)
select f.id, f.title, f.status, (select count(*) from looked) as looked,
       (select id from looked order by id limit 1) as reach
from (values (1)) as always left join lateral (
    select k.id, k.title, k.status from looked k
    where k.status not in ('shipped', 'cancelled') and not exists (
        {_SERVES} and c.idea_id in (select idea_id from item_ideas where workspace_id = $1 and item_id = k.id)
    ) order by k.id desc limit $3
) as f on true order by f.id desc nulls last
"""
