"""Capabilities as rows."""

_COLUMNS = "id, name, note, ours, archived, version, created_at"
_CAPABILITY = f"""{_COLUMNS},
    array(
        select l.idea_id from capability_ideas l
        where l.workspace_id = $1 and l.capability_id = k.id order by l.idea_id
    ) as idea_ids
"""
HELD = "select count(*) from capabilities where workspace_id = $1 and not archived"
ADD = """
insert into capabilities (workspace_id, id, name, note, ours) values ($1, $2, $3, $4, $5)
on conflict (workspace_id, name) do nothing
"""
GET = f"select {_CAPABILITY} from capabilities k where workspace_id = $1 and id = $2"
NAME_TAKEN = "select 1 from capabilities where workspace_id = $1 and name = $2 and id <> $3"
LIST = f"""
select {_CAPABILITY} from capabilities k
where workspace_id = $1 and id > $2 and ($4::boolean is null or archived = $4) order by id limit $3
"""
# Of all ideas that count as one with this.
LIST_OF_IDEA = f"""
select {_CAPABILITY} from capabilities k
where workspace_id = $1 and id > $2 and ($4::boolean is null or archived = $4)
    and id in (
        select capability_id from capability_ideas where workspace_id = $1 and idea_id = any(array(
            with root as materialized (
                select coalesce((select merged_into from ideas where workspace_id = $1 and idea_id = $5), $5) as id
            )
            select id from root
            union all select i.idea_id from root join ideas i on i.workspace_id = $1 and i.merged_into = root.id
        ))
    )
order by id limit $3
"""
UPDATE = """
update capabilities set name = $3, note = $4, ours = $5, archived = $6, version = version + 1
where workspace_id = $1 and id = $2
"""
UNLINK = """
delete from capability_ideas where workspace_id = $1 and capability_id = $2 and idea_id <> all($3::uuid[])
"""
LINK = """
insert into capability_ideas (workspace_id, capability_id, idea_id)
select $1, $2, idea_id from unnest($3::uuid[]) as g (idea_id) on conflict do nothing
"""
CROWDED = """
select asked.idea_id from unnest($2::uuid[]) as asked (idea_id) where (
    select count(*) from capability_ideas where workspace_id = $1 and idea_id = asked.idea_id
) > $3
"""
