"""Rehearsed records as rows."""

KNOWN = "select dry_run from imports where workspace_id = $1 and id = $2"
# Which of these were there before: an earlier row of the file names the same record.
BEFORE = """
select distinct on (r.kind, r.name) r.kind, r.name, r.said
from unnest($3::text[], $4::bytea[]) as asked (kind, name)
join rehearsals r on r.import_id = $2 and r.kind = asked.kind and r.name = asked.name
where r.workspace_id = $1
order by r.kind, r.name, r.number desc, r.place desc
"""
ADD = """
insert into rehearsals (workspace_id, import_id, kind, number, place, outcome, name, said, ideas, merged_into, contact,
    contact_id)
select $1, $2, kind, number, place, outcome, decode(name, 'hex'), decode(said, 'hex'), ideas, merged_into, contact,
    contact_id
from json_to_recordset($3::json) as n (kind text, number bigint, place smallint, outcome text, name text, said text,
    ideas jsonb, merged_into text, contact text, contact_id uuid)
on conflict (import_id, kind, number, place) do nothing
"""
# Ideas that the file brings, each with the last in its chain of merges, and how long that is: as far as the file tells.
BROUGHT = """
with recursive chain as (
    select asked.name as asked, r.ideas -> 0 ->> 'name' as external_id, r.merged_into, 1 as depth
    from unnest($3::text[]) as asked (name)
    join rehearsals r on r.workspace_id = $1 and r.import_id = $2 and r.kind = 'ideas'
        and r.name = sha256(convert_to(asked.name, 'UTF8'))
    union all
    select c.asked, r.ideas -> 0 ->> 'name', r.merged_into, c.depth + 1
    from chain c
    join rehearsals r on r.workspace_id = $1 and r.import_id = $2 and r.kind = 'ideas'
        and r.name = sha256(convert_to(c.merged_into, 'UTF8'))
    where c.merged_into is not null and c.merged_into <> c.external_id and c.depth < 50
)
select distinct on (asked) asked, external_id, merged_into, depth from chain order by asked, depth desc
"""
IDEAS_HERE = "select id from ideas where workspace_id = $1 and id = any($2::uuid[])"
CONTACTS_HERE = "select id from contacts where workspace_id = $1 and id = any($2::uuid[])"
LIST = """
select kind, number, place, outcome, ideas::text as ideas, contact, contact_id from rehearsals
where workspace_id = $1 and import_id = $2 and (kind, number, place) > ($3, $4, $5)
order by kind, number, place limit $6
"""
LIST_KIND = """
select kind, number, place, outcome, ideas::text as ideas, contact, contact_id from rehearsals
where workspace_id = $1 and import_id = $2 and kind = $7 and (number, place) > ($4, $5) and $3::text is not null
order by number, place limit $6
"""
