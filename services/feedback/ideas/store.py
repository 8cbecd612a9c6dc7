"""Ideas as rows."""

_COLUMNS = ("id", "key", "title", "description", "kind", "status", "archived", "version", "created_at", "updated_at")
_IDEA = ", ".join(_COLUMNS)
ADD = f"""
insert into ideas (id, workspace_id, key, title, description, kind) values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, key) do nothing returning {_IDEA}
"""
ADD_MANY = f"""
insert into ideas (id, workspace_id, key, title, description, kind, own_status, archived, created_at, updated_at)
select id, $1, key, title, description, kind, status, archived, created_at, updated_at
from json_to_recordset($2::json) as n (id uuid, key text, title text, description text, kind text, status text,
    archived boolean, created_at timestamptz, updated_at timestamptz)
order by key collate "C"
on conflict (workspace_id, key) do nothing returning {_IDEA}
"""
GET = f"select {_IDEA} from ideas where workspace_id = $1 and id = $2"
# Not `for update`: a vote's foreign key would wait for it.
LOCK = f"select {_IDEA}, own_status, item_status from ideas where workspace_id = $1 and id = $2 for no key update"
UPDATE = f"""
update ideas set title = $3, description = $4, kind = $5, own_status = $6, archived = $7, version = version + 1,
    updated_at = now()
where workspace_id = $1 and id = $2 returning {_IDEA}
"""
_LIST = f"select {_IDEA} from ideas where workspace_id = $1 and id < $2"
_PAGE = "order by id desc limit $3"
LIST = f"{_LIST} {_PAGE}"
LIST_STATUS = f"{_LIST} and status = $4 {_PAGE}"
LIST_KIND = f"{_LIST} and kind = $4 {_PAGE}"
LIST_STATUS_KIND = f"{_LIST} and status = $4 and kind = $5 {_PAGE}"

FIND_BY_ID = "select workspace_id, id from ideas where id = any($1::uuid[])"
FIND_BY_KEY = """
select i.workspace_id, i.key, i.id from unnest($1::uuid[], $2::text[]) as asked (workspace_id, key)
join ideas i on i.workspace_id = asked.workspace_id and i.key = asked.key
"""

HEAR = """
insert into items (item_id, workspace_id, version) select * from unnest($1::uuid[], $2::uuid[], $3::bigint[])
on conflict (item_id) do update set version = excluded.version where items.version < excluded.version
returning item_id
"""
EMPTY_ITEMS = "delete from item_ideas where item_id = any($1::uuid[]) returning idea_id"
FILL_ITEMS = """
insert into item_ideas (item_id, idea_id, workspace_id, status)
select said.item_id, said.idea_id, said.workspace_id, said.status
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as said (item_id, idea_id, workspace_id, status)
join ideas i on i.id = said.idea_id and i.workspace_id = said.workspace_id
on conflict (item_id, idea_id) do nothing
returning idea_id
"""
LOCK_MANY = "select id from ideas where id = any($1::uuid[]) order by id for no key update"
FOLLOW_ITEMS = f"""
with said as (
    select i.id, (
        select o.status from item_ideas o where o.idea_id = i.id and o.status in ('planned', 'in_progress', 'shipped')
        order by array_position(array['shipped', 'in_progress', 'planned'], o.status) limit 1
    ) as status
    from ideas i where i.id = any($1::uuid[])
)
update ideas as i set item_status = said.status, version = i.version + 1, updated_at = now()
from said where i.id = said.id and i.item_status is distinct from said.status
returning i.workspace_id, {", ".join("i." + column for column in _COLUMNS)}
"""
