"""Insights as rows."""

# Excerpts count code points, as `substr` does on UTF-8. Their hash tells later whether the words are still the same.
# What is linked has been looked at: with $11 a statement that was new is not so any more.
LINK = """
with linked as (
    insert into insights (id, workspace_id, feedback_id, idea_id, need_id, contact_id, excerpt_start, excerpt_end,
        excerpt_hash, confidence, linked_by)
    select n.id, n.workspace_id, n.feedback_id, n.idea_id, n.need_id, f.contact_id, n.excerpt_start, n.excerpt_end,
        coalesce(
            n.excerpt_hash,
            sha256(convert_to(substr(f.text, n.excerpt_start + 1, n.excerpt_end - n.excerpt_start), 'UTF8'))
        ), n.confidence, n.linked_by
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::int[], $8::bytea[],
        $9::float8[], $10::text[])
        as n (id, workspace_id, feedback_id, idea_id, need_id, excerpt_start, excerpt_end, excerpt_hash, confidence,
            linked_by)
    join feedback f on f.id = n.feedback_id and f.workspace_id = n.workspace_id
    on conflict do nothing
    returning id, workspace_id, feedback_id, contact_id, linked_by
), seen as (
    update feedback as f set state = 'linked' from linked
    where $11 and f.workspace_id = linked.workspace_id and f.id = linked.feedback_id and f.state = 'new'
    returning f.workspace_id, f.id, linked.linked_by
), told as (
    insert into triage_history (workspace_id, feedback_id, kind, before, after, changed_by)
    select workspace_id, id, 'link', '{"state":"new"}', '{"state":"linked"}', linked_by from seen
)
select id, contact_id from linked
"""
LOCK_TEXT = "select text from feedback where workspace_id = $1 and id = $2 for no key update"
_WORDS = "substr(f.text, i.excerpt_start + 1, i.excerpt_end - i.excerpt_start)"
_INSIGHT = f"""
select i.id, i.feedback_id, i.idea_id, i.need_id, i.contact_id, i.excerpt_start, i.excerpt_end, {_WORDS} as words,
    coalesce(sha256(convert_to({_WORDS}, 'UTF8')) <> i.excerpt_hash, false) as stale, i.confidence, i.linked_by,
    i.created_at, i.version
from insights i join feedback f on f.workspace_id = i.workspace_id and f.id = i.feedback_id
"""
GET = f"{_INSIGHT} where i.workspace_id = $1 and i.id = $2"
STANDING = f"""
{_INSIGHT} where i.workspace_id = $1 and i.feedback_id = $2
  and (i.idea_id is not distinct from $3) and (i.need_id is not distinct from $4)
"""
_LIST = f"{_INSIGHT} where i.workspace_id = $1 and i.id > $2"
_PAGE = "order by i.id limit $3"
LIST = f"{_LIST} {_PAGE}"
# With those that were merged into it, each in its own order.
LIST_IDEA = f"""
select one.* from (select $4::uuid as id union all select id from ideas where merged_root = $4) as m
cross join lateral ({_LIST} and i.idea_id = m.id {_PAGE}) as one order by one.id limit $3
"""
LIST_NEED = f"{_LIST} and i.need_id = $4 {_PAGE}"
# A statement speaks for a few ideas and needs only.
LIST_FEEDBACK = f"""
{_LIST} and i.feedback_id = $4 and ($6::uuid is null or i.need_id = $6) and (
    $5::uuid is null or i.idea_id = $5 or i.idea_id in (select id from ideas where merged_root = $5)
) {_PAGE}
"""
# The statement before what is linked to it: everybody locks in this order.
LOCK = """
select i.id, i.idea_id, i.need_id, i.excerpt_start, i.excerpt_end, i.confidence, i.version, f.text
from insights i join feedback f on f.workspace_id = i.workspace_id and f.id = i.feedback_id
where i.workspace_id = $1 and i.id = $2 for no key update of f, i
"""
EDIT = """
update insights as i set excerpt_start = $3::int, excerpt_end = $4::int, confidence = $5, version = i.version + 1,
    excerpt_hash = case when $6 then sha256(convert_to(substr(f.text, $3 + 1, $4 - $3), 'UTF8')) else excerpt_hash end
from feedback f
where i.workspace_id = $1 and i.id = $2 and f.workspace_id = i.workspace_id and f.id = i.feedback_id
"""
# `bare`: nothing else links the statement now.
UNLINK = """
delete from insights as i where i.workspace_id = $1 and i.id = any($2::uuid[])
returning i.id, i.feedback_id, i.idea_id, i.need_id, i.contact_id, i.excerpt_start, i.excerpt_end,
    encode(i.excerpt_hash, 'hex') as excerpt_hash, i.confidence, i.linked_by, not exists (
        select from insights o where o.workspace_id = $1 and o.feedback_id = i.feedback_id and o.id <> all($2)
    ) as bare
"""
BACK = """
with back as (
    update feedback set state = 'new' where workspace_id = $1 and id = $2 and state = 'linked' returning id
)
insert into triage_history (workspace_id, feedback_id, kind, before, after, changed_by)
select $1, id, 'unlink', '{"state":"linked"}', '{"state":"new"}', $3 from back
"""
BETWEEN = """
select id, feedback_id, idea_id, need_id from insights
where workspace_id = $1 and feedback_id = any($2::uuid[]) and (idea_id = $3 or need_id = $4)
"""
BY_ID = "select id, feedback_id, idea_id, need_id from insights where workspace_id = $1 and id = any($2::uuid[])"
IDEAS_OF_FEEDBACK = """
select i.idea_id from unnest($1::uuid[], $2::uuid[]) as said (workspace_id, feedback_id)
join insights i on i.workspace_id = said.workspace_id and i.feedback_id = said.feedback_id where i.idea_id is not null
"""
REASSIGN = """
update insights as i set contact_id = said.contact_id
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as said (workspace_id, feedback_id, contact_id)
where i.workspace_id = said.workspace_id and i.feedback_id = said.feedback_id
  and i.contact_id is distinct from said.contact_id
returning i.feedback_id, i.idea_id
"""
