"""Where ideas come from, as rows."""

_ORIGIN = "id, source, external_id, title, idea_id as original_id, coalesce(into_id, idea_id) as idea_id, created_at"
FIND = """
select o.external_id, coalesce(o.into_id, o.idea_id) as idea_id
from unnest($3::text[]) as asked (external_id)
join origins o on o.workspace_id = $1 and o.source = $2 and o.external_id = asked.external_id
"""
FIND_ORIGINALS = """
select o.external_id, o.idea_id
from unnest($3::text[]) as asked (external_id)
join origins o on o.workspace_id = $1 and o.source = $2 and o.external_id = asked.external_id
"""
NAMES_OF = """
select coalesce(o.into_id, o.idea_id) as idea_id, min(o.external_id) as external_id
from origins o
where o.workspace_id = $1 and o.source = $2 and (o.idea_id = any($3::uuid[]) or o.into_id = any($3::uuid[]))
group by 1
"""
ADD = """
insert into origins (id, workspace_id, source, external_id, idea_id, title, merged_into)
select n.id, $1, $2, n.external_id, n.idea_id, n.title, n.merged_into
from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[])
    as n (id, external_id, idea_id, title, merged_into)
"""
# Nobody else adds the same ones meanwhile: two imports of one source go one after the other.
HOLD = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text || ':' || $2::text, 12))"
# From each merged one along the chain of merges to its end; what is merged in a circle has none.
ENDS = """
with recursive chain as (
    select o.id, o.idea_id as merged_id, t.external_id, t.idea_id, t.merged_into, 1 as depth
    from origins o
    join origins t on t.workspace_id = o.workspace_id and t.source = o.source and t.external_id = o.merged_into
    where o.workspace_id = $1 and o.source = $2 and o.merged_into is not null and o.into_id is null
      and t.external_id <> o.external_id
    union all
    select c.id, c.merged_id, t.external_id, t.idea_id, t.merged_into, c.depth + 1
    from chain c join origins t on t.workspace_id = $1 and t.source = $2 and t.external_id = c.merged_into
    where c.depth < 50
)
select c.id, c.merged_id, c.idea_id as into_id from chain c
where c.merged_into is null or not exists (
    select 1 from origins n where n.workspace_id = $1 and n.source = $2 and n.external_id = c.merged_into
)
order by c.id limit $3
"""
APART = "update origins set merged_into = null where workspace_id = $1 and id = $2"
MERGED = "update origins set into_id = $3 where workspace_id = $1 and id = $2"
# Whatever was merged into this one before goes along.
FOLLOW = "update origins set into_id = $3 where workspace_id = $1 and into_id = $2"
UNMERGED = """
select count(*) from (
    select 1 from origins
    where workspace_id = $1 and source = $2 and merged_into is not null and into_id is null limit 1000
) as left_over
"""
LIST = f"""
select {_ORIGIN} from origins where workspace_id = $1 and id > $2 order by id limit $3
"""
LIST_IDEA = f"""
select {_ORIGIN} from origins where workspace_id = $1 and id > $2 and idea_id = $4 order by id limit $3
"""
LIST_EXTERNAL = f"""
select {_ORIGIN} from origins
where workspace_id = $1 and id > $2 and source = $4 and external_id = $5 order by id limit $3
"""
