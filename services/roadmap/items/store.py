"""Roadmap items as rows."""

_COLUMNS = "id, title, summary, status, target, version, created_at, updated_at, shipped_at"
_ITEM = f"""{_COLUMNS},
    array(
        select l.idea_id from item_ideas l where l.item_id = i.id and l.workspace_id = $1 order by l.idea_id
    ) as idea_ids
"""
ADD = f"""
with added as (
    insert into items (id, workspace_id, title, summary, status, target) values ($2, $1, $3, $4, $5, $6) returning *
), linked as (
    insert into item_ideas (item_id, idea_id, workspace_id)
    select $2, idea_id, $1 from unnest($7::uuid[]) as w (idea_id)
), noted as (
    insert into item_history (item_id, version, workspace_id, status, changed, changed_by)
    select id, version, workspace_id, status, $8::text[], $9 from added
)
select {_COLUMNS}, $7::uuid[] as idea_ids from added
"""
# Locked by a statement of its own: one that had to wait for the lock would go on with the links it saw before.
LOCK = "select version from items where workspace_id = $1 and id = $2 for update"
GET = f"select {_ITEM} from items i where workspace_id = $1 and id = $2"
CHANGE = f"""
with changed as (
    update items set title = $3, summary = $4, status = $5, target = $6, shipped_at = $7, version = version + 1,
        updated_at = now()
    where workspace_id = $1 and id = $2 returning *
), unlinked as (
    delete from item_ideas where workspace_id = $1 and item_id = $2 and idea_id <> all ($8::uuid[])
), linked as (
    insert into item_ideas (item_id, idea_id, workspace_id)
    select $2, idea_id, $1 from unnest($8::uuid[]) as w (idea_id) on conflict do nothing
), noted as (
    insert into item_history (item_id, version, workspace_id, status, changed, note, changed_by)
    select id, version, workspace_id, status, $9::text[], $10, $11 from changed
)
select {_COLUMNS}, $8::uuid[] as idea_ids from changed
"""
LIST = f"select {_ITEM} from items i where workspace_id = $1 and id < $2 order by id desc limit $3"
LIST_OF_STATUS = f"""
select {_ITEM} from items i where workspace_id = $1 and id < $2 and status = $4 order by id desc limit $3
"""
# Of all ideas that count as one with this: it, what it was merged into, and whatever else was merged there.
LIST_OF_IDEA = f"""
with root as materialized (
    select coalesce((select merged_into from ideas where workspace_id = $1 and idea_id = $5), $5) as id
), one as materialized (
    select id from root
    union select idea_id from ideas where workspace_id = $1 and merged_into = (select id from root)
    union select $5
)
select {_ITEM} from items i
where workspace_id = $1 and id < $2 and ($4::text is null or status = $4)
    and id in (select l.item_id from one join item_ideas l on l.workspace_id = $1 and l.idea_id = one.id)
order by id desc limit $3
"""
HISTORY = """
select version, status, changed, note, changed_by, changed_at from item_history
where workspace_id = $1 and item_id = $2 order by version desc limit $3
"""
