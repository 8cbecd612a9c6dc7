"""What follows a contact that turned out to be another, as rows."""

_CONTACT = "id, external_id, email, name, account_id, attributes::text as attributes, erased_at, version, created_at"
LOCK = f"""
select {_CONTACT}, merged_into from contacts where workspace_id = $1 and id = any($2::uuid[]) order by id for update
"""
IDEAS = "select idea_id from idea_contacts where workspace_id = $1 and contact_id = $2"
# One contact wants one idea once: where both have voted, the vote of the one who stays stands.
DROP_VOTES = """
delete from votes v where v.workspace_id = $1 and v.contact_id = $2
  and exists (select from votes other where other.idea_id = v.idea_id and other.contact_id = $3)
returning v.idea_id, v.created_at
"""
MOVE_VOTES = """
update votes set contact_id = $3 where workspace_id = $1 and contact_id = $2 returning idea_id, created_at
"""
MOVE_INSIGHTS = """
update insights i set contact_id = $3 from feedback f
where f.workspace_id = $1 and f.contact_id = $2 and i.workspace_id = $1 and i.feedback_id = f.id and i.contact_id = $2
returning i.idea_id
"""
MOVE_FEEDBACK = "update feedback set contact_id = $3 where workspace_id = $1 and contact_id = $2 returning id"
MOVE_REQUESTERS = """
with gone as (
    delete from requesters where workspace_id = $1 and contact_id = $2 returning item_id, idea_id, account_id, named_at
)
insert into requesters (item_id, contact_id, workspace_id, account_id, idea_id, named_at)
select item_id, $3, $1, account_id, idea_id, named_at from gone on conflict (item_id, contact_id) do nothing
"""
MOVE_COMMENTS = "update comments set contact_id = $3 where workspace_id = $1 and contact_id = $2"
MOVE_MENTIONS = """
with gone as (
    delete from comment_mentions where workspace_id = $1 and mentioned = $2::uuid::text returning comment_id
)
insert into comment_mentions (mentioned, comment_id, workspace_id) select $3::uuid::text, comment_id, $1 from gone
on conflict do nothing
"""
MOVE_FOLLOWED = """
with gone as (
    delete from idea_followers where workspace_id = $1 and contact_id = $2 returning idea_id, follows, said_at
)
insert into idea_followers (idea_id, contact_id, workspace_id, follows, said_at)
select idea_id, $3, $1, follows, said_at from gone on conflict (idea_id, contact_id) do nothing
"""
MOVE_MEMBERSHIP = """
with gone as (
    delete from board_members m using boards b
    where b.workspace_id = $1 and m.workspace_id = $1 and m.board_id = b.id and m.member_id = $2
    returning m.board_id, m.kind, m.created_at
)
insert into board_members (board_id, member_id, workspace_id, kind, created_at)
select board_id, $3, $1, kind, created_at from gone on conflict (board_id, member_id) do nothing
"""
MOVE_BROUGHT = """
update board_ideas p set contact_id = $3 from boards b
where b.workspace_id = $1 and p.workspace_id = $1 and p.board_id = b.id and p.contact_id = $2
"""
MOVE_SUBMISSIONS = """
update board_submissions s set contact_id = $3 from boards b
where b.workspace_id = $1 and s.workspace_id = $1 and s.board_id = b.id and s.contact_id = $2
"""
# Found by what was brought, which is the other's by now.
MOVE_ENTRIES = """
update moderation_entries e set contact_id = $3 from (
    select id from comments where workspace_id = $1 and contact_id = $3
    union all
    select s.id from boards b join board_submissions s on s.workspace_id = $1 and s.board_id = b.id
    where b.workspace_id = $1 and s.contact_id = $3
) as brought where e.workspace_id = $1 and e.subject_id = brought.id and e.contact_id = $2
"""
# What both have earned is added up; a level that somebody gave the one who stays stands, but for a block.
MOVE_TRUST = """
with gone as (
    delete from trust where workspace_id = $1 and kind = 'contact' and name = $2::uuid::text
    returning level, approved, refused
)
insert into trust as t (workspace_id, kind, name, level, approved, refused)
select $1, 'contact', $3::uuid::text, level, approved, refused from gone
on conflict (workspace_id, kind, name) do update set approved = t.approved + excluded.approved,
    refused = t.refused + excluded.refused, updated_at = now(),
    level = case when 'blocked' in (t.level, excluded.level) then 'blocked' else coalesce(t.level, excluded.level) end
"""
# What the one who stays lacks is handed over; what they have already goes on naming them from the other's row.
MERGE = """
update contacts set merged_into = $3, name = null, attributes = '{}', account_id = null, version = version + 1,
    external_id = case when $4 then null else external_id end, email = case when $5 then null else email end
where workspace_id = $1 and id = $2 returning version
"""
COMPLETE = f"""
update contacts set external_id = coalesce(external_id, $3), email = coalesce(email, $4), name = coalesce(name, $5),
    attributes = $6::jsonb || attributes, account_id = coalesce(account_id, $7), version = version + 1
where workspace_id = $1 and id = $2 returning {_CONTACT}, merged_into
"""
LEAD_ON = "update contacts set merged_into = $3 where workspace_id = $1 and merged_into = $2"
JOIN_ACCOUNT = "update contacts set account_id = $3 where workspace_id = $1 and id = $2"
