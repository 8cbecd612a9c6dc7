"""Votes as rows."""

# What other services are told of an account says how important its votes are: a job looks at what is noted here.
_MARKED = """marked as (
    insert into share_marks (workspace_id, idea_id, account_id)
    select distinct v.workspace_id, i.root, c.account_id from changed v
    join ideas i on i.id = v.idea_id join contacts c on c.id = v.contact_id
)"""

# Nobody who was merged since they were looked up: who casts holds the workspace by now, so that stays so. Who was
# erased stays who they are: the erasure waits for whoever found them before, and goes through this as well.
_THERE = "c.merged_into is null"
ADD = f"""
insert into votes (id, workspace_id, idea_id, contact_id, importance, on_behalf, cast_by, source, source_url, reason,
    mrr, created_at)
select v.id, v.workspace_id, v.idea_id, v.contact_id, v.importance, v.on_behalf, v.cast_by, v.source, v.source_url,
    v.reason, coalesce(a.mrr, 0), coalesce(v.cast_at, now())
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::uuid[], $8::text[],
            $9::text[], $10::text[], $11::timestamptz[]) with ordinality
     as v (id, workspace_id, idea_id, contact_id, importance, on_behalf, cast_by, source, source_url, reason, cast_at,
         place)
join contacts c on c.id = v.contact_id and {_THERE} left join accounts a on a.id = c.account_id
order by v.place
on conflict (idea_id, contact_id) do nothing
returning id
"""
# What was said again replaces what was said before; null says nothing.
RECAST = f"""
with again as (
    select v.id, v.workspace_id, coalesce(said.importance, v.importance) as importance,
        coalesce(said.reason, v.reason) as reason, coalesce(said.source_url, v.source_url) as source_url
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
        as said (workspace_id, idea_id, contact_id, importance, reason, source_url)
    join contacts c on c.id = said.contact_id and {_THERE}
    join votes v on v.workspace_id = said.workspace_id and v.idea_id = said.idea_id and v.contact_id = said.contact_id
), changed as (
    update votes v set importance = a.importance, reason = a.reason, source_url = a.source_url, version = v.version + 1
    from again a where v.workspace_id = a.workspace_id and v.id = a.id
      and (v.importance, v.reason, v.source_url) is distinct from (a.importance, a.reason, a.source_url)
    returning v.id, v.workspace_id, v.idea_id, v.contact_id
), {_MARKED}
select v.idea_id, v.contact_id, v.id, exists (select from changed where changed.id = v.id) as changed
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as asked (workspace_id, idea_id, contact_id)
join contacts c on c.id = asked.contact_id and {_THERE}
join votes v on v.workspace_id = asked.workspace_id and v.idea_id = asked.idea_id and v.contact_id = asked.contact_id
"""
_VOTE = """v.id, v.idea_id, v.contact_id, c.account_id, v.importance, v.on_behalf, v.cast_by, v.source, v.source_url,
    v.reason, v.mrr, coalesce(a.mrr, 0) as mrr_now, v.version, v.created_at"""
_OF_WHOM = """
join contacts c on c.id = v.contact_id and c.workspace_id = v.workspace_id
left join accounts a on a.id = c.account_id and a.workspace_id = v.workspace_id
"""
GET = f"select {_VOTE} from votes v {_OF_WHOM} where v.workspace_id = $1 and v.id = $2"
LOCK = "select idea_id, contact_id, version from votes where workspace_id = $1 and id = $2 for no key update"
EDIT = f"""
with changed as (
    update votes set importance = coalesce($3, importance), reason = coalesce($4, reason),
        source_url = coalesce($5, source_url), version = version + 1
    where workspace_id = $1 and id = $2
      and (importance, reason, source_url)
          is distinct from (coalesce($3, importance), coalesce($4, reason), coalesce($5, source_url))
    returning workspace_id, idea_id, contact_id
), {_MARKED} select 1
"""
_WANTED = """
and v.id > $3 and ($5::text is null or v.importance = $5) and ($6::boolean is null or v.on_behalf = $6)
and ($7::text is null or v.source = $7) order by v.id limit $4
"""
# With those that were merged into it, each in its own order.
_MEMBERS = "(select $2::uuid as id union all select id from ideas where merged_root = $2) as m"
LIST = f"""
select one.* from {_MEMBERS} cross join lateral (
    select {_VOTE} from votes v {_OF_WHOM} where v.workspace_id = $1 and v.idea_id = m.id {_WANTED}
) as one order by one.id limit $4
"""
LIST_CONTACT = f"select {_VOTE} from votes v {_OF_WHOM} where v.workspace_id = $1 and v.contact_id = $2 {_WANTED}"
LIST_BOTH = f"""
select {_VOTE} from votes v {_OF_WHOM}
where v.workspace_id = $1 and v.idea_id in (select id from {_MEMBERS}) and v.contact_id = $8 {_WANTED}
"""
WITHDRAW = "delete from votes where workspace_id = $1 and id = $2 returning idea_id, contact_id, created_at"
# All of a contact's for an idea and for those that were merged into it.
RETRACT = """
delete from votes where workspace_id = $1 and contact_id = $3
  and idea_id in (select id from ideas where workspace_id = $1 and (id = $2 or merged_root = $2))
returning idea_id, created_at
"""
