"""Competitors as rows."""

_COMPETITOR = "id, name, url, note, weight, archived, version, created_at"
HELD = "select count(*) from competitors where workspace_id = $1 and not archived"
ADD = f"""
insert into competitors (workspace_id, id, name, url, note, weight) values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, name) do nothing returning {_COMPETITOR}
"""
GET = f"select {_COMPETITOR} from competitors where workspace_id = $1 and id = $2"
NAME_TAKEN = "select 1 from competitors where workspace_id = $1 and name = $2 and id <> $3"
LIST = f"""
select {_COMPETITOR} from competitors
where workspace_id = $1 and id > $2 and ($4::boolean is null or archived = $4) order by id limit $3
"""
UPDATE = f"""
update competitors set name = $3, url = $4, note = $5, weight = $6, archived = $7, version = version + 1
where workspace_id = $1 and id = $2 returning {_COMPETITOR}
"""
