"""Teams as rows."""

_TEAM = "id, name, unit, skills::text as skills, archived, version, created_at"
ADD = f"""
insert into teams (id, workspace_id, name, unit, skills) values ($1, $2, $3, $4, $5)
on conflict (workspace_id, name) do nothing returning {_TEAM}
"""
GET = f"select {_TEAM} from teams where workspace_id = $1 and id = $2"
LOCK = f"{GET} for no key update"
LIST = f"""
select {_TEAM} from teams where workspace_id = $1 and id > $2 and ($3::boolean is null or archived = $3)
order by id limit $4
"""
NAMED = f"select {_TEAM} from teams where workspace_id = $1 and id = any($2::uuid[])"
NAME_TAKEN = "select 1 from teams where workspace_id = $1 and name = $2 and id <> $3"
UPDATE = f"""
update teams set name = $3, unit = $4, skills = $5, archived = $6, version = version + 1
where workspace_id = $1 and id = $2 returning {_TEAM}
"""
