"""Saved mappings as rows."""

_MAPPING = "id, key, kind, mapping::text as mapping, version, created_at"
ADD = f"""
insert into import_mappings (id, workspace_id, key, kind, mapping) values ($1, $2, $3, $4, $5::jsonb)
on conflict (workspace_id, key) do nothing returning {_MAPPING}
"""
GET = f"select {_MAPPING} from import_mappings where workspace_id = $1 and id = $2"
BY_KEY = "select kind, mapping::text as mapping from import_mappings where workspace_id = $1 and key = $2"
LIST = f"select {_MAPPING} from import_mappings where workspace_id = $1 and id > $2 order by id limit $3"
LOCK = "select version from import_mappings where workspace_id = $1 and id = $2 for no key update"
UPDATE = f"""
update import_mappings set mapping = $3::jsonb, version = version + 1 where workspace_id = $1 and id = $2
returning {_MAPPING}
"""
DELETE = "delete from import_mappings where workspace_id = $1 and id = $2"
