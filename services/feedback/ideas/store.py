"""Ideas as rows."""

_IDEA = "id, key, title, description, kind, status, archived, version, created_at, updated_at"
ADD = f"""
insert into ideas (id, workspace_id, key, title, description, kind) values ($1, $2, $3, $4, $5, $6)
returning {_IDEA}
"""
GET = f"select {_IDEA} from ideas where workspace_id = $1 and id = $2"
LOCK = f"select {_IDEA} from ideas where workspace_id = $1 and id = $2 for update"
UPDATE = f"""
update ideas set title = $3, description = $4, kind = $5, status = $6, archived = $7, version = version + 1,
    updated_at = now()
where workspace_id = $1 and id = $2 returning {_IDEA}
"""
LIST = f"""
select {_IDEA} from ideas
where workspace_id = $1 and id < $2 and ($4::text is null or status = $4) and ($5::text is null or kind = $5)
order by id desc limit $3
"""
FIND_BY_ID = "select workspace_id, id from ideas where id = any($1::uuid[])"
FIND_BY_KEY = """
select i.workspace_id, i.key, i.id from unnest($1::uuid[], $2::text[]) as asked (workspace_id, key)
join ideas i on i.workspace_id = asked.workspace_id and i.key = asked.key
"""
FOLLOW_ITEM = f"""
update ideas as i set status = item.status, item_version = item.version, version = i.version + 1, updated_at = now()
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) as item (workspace_id, idea_id, status, version)
where i.id = item.idea_id and i.workspace_id = item.workspace_id and i.item_version < item.version
  and i.status is distinct from item.status
returning i.workspace_id, {", ".join("i." + column for column in _IDEA.split(", "))}
"""
LOCK_MANY = "select id from ideas where id = any($1::uuid[]) order by id for update"
