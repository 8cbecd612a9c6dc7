"""What serves which objective, as rows."""


# What counts towards an objective: of an idea what is said of it itself, else the most that is said of those that were
# merged into it.
def _counted(objective: str) -> str:
    return f"""
select distinct on (s.idea_id) s.idea_id, s.weight, s.said_by, s.said_at from (
    select coalesce(m.merged_into, c.idea_id) as idea_id, m.merged_into is null as own, c.weight, c.said_by, c.said_at
    from contributions c left join ideas m on m.idea_id = c.idea_id and m.workspace_id = c.workspace_id
    where c.workspace_id = $1 and c.objective_id = {objective}
) as s order by s.idea_id, s.own desc, s.weight desc, s.said_at
"""


# An idea and those that were merged into it: any of them may be on an item.
def _one(idea: str) -> str:
    return f"(select {idea} as id union all select idea_id from ideas where workspace_id = $1 and merged_into = {idea})"


# An objective has a few hundred ideas at most, and a workspace a few hundred objectives.
OBJECTIVES = f"""
select o.id, o.title, o.status, o.weight, o.counts, o.progress, w.ideas, w.items, w.shipped
from objectives o cross join lateral (
    select count(distinct c.idea_id) as ideas, count(distinct i.id) as items,
           count(distinct i.id) filter (where i.status = 'shipped') as shipped
    from ({_counted("o.id")}) as c
    cross join lateral {_one("c.idea_id")} as one
    left join item_ideas l on l.idea_id = one.id and l.workspace_id = $1
    left join items i on i.id = l.item_id and i.workspace_id = l.workspace_id and i.status <> 'cancelled'
    where c.weight > 0
) as w
where o.workspace_id = $1 and o.id > $2 and not o.archived and ($4::boolean is null or o.counts = $4)
  and ($5::text is null or case $5 when 'ideas' then w.ideas else w.items end = 0)
order by o.id limit $3
"""
SERVING = f"""
select c.idea_id, i.title, i.kind, c.weight, c.said_by, c.said_at
from ({_counted("$2")}) as c left join ideas i on i.idea_id = c.idea_id and i.workspace_id = $1
where c.idea_id > $3 order by c.idea_id limit $4
"""
ITEMS_OF = f"""
select distinct asked.idea_id, i.id, i.title, i.status
from unnest($2::uuid[]) as asked (idea_id) cross join lateral {_one("asked.idea_id")} as one
join item_ideas l on l.idea_id = one.id and l.workspace_id = $1 join items i on i.id = l.item_id
where i.workspace_id = $1 order by asked.idea_id, i.id
"""
_SERVES = """
select from contributions c join objectives o on o.id = c.objective_id and o.workspace_id = c.workspace_id
where c.workspace_id = $1 and c.weight > 0 and o.counts and not exists (
    select from ideas m join contributions own on own.workspace_id = $1 and own.idea_id = m.merged_into
        and own.objective_id = c.objective_id
    where m.workspace_id = $1 and m.idea_id = c.idea_id
)
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
    where not k.gone and not exists ({_SERVES} and c.idea_id in {_one("k.idea_id")})
    order by k.idea_id desc limit $3
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
        {_SERVES} and c.idea_id in (
            select one.id from item_ideas l
            left join ideas m on m.idea_id = l.idea_id and m.workspace_id = $1
            cross join lateral {_one("coalesce(m.merged_into, l.idea_id)")} as one
            where l.workspace_id = $1 and l.item_id = k.id
        )
    ) order by k.id desc limit $3
) as f on true order by f.id desc nulls last
"""
