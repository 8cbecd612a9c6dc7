"""What follows a contact that turned out to be another, as rows."""

_CONTACT = "id, external_id, email, name, account_id, attributes::text as attributes, erased_at, version, created_at"
LOCK = f"""
select {_CONTACT}, merged_into from contacts where workspace_id = $1 and id = any($2::uuid[]) order by id for update
"""
IDEAS = "select idea_id from idea_contacts where workspace_id = $1 and contact_id = $2"
# One contact wants one idea once: where both have voted, the vote of the one who stays stands.
DROP_VOTES = """
delete from votes v using idea_contacts asked
where asked.workspace_id = $1 and asked.contact_id = $2 and v.idea_id = asked.idea_id and v.contact_id = $2
  and exists (select from votes other where other.idea_id = v.idea_id and other.contact_id = $3)
returning v.idea_id
"""
MOVE_VOTES = """
update votes v set contact_id = $3 from idea_contacts asked
where asked.workspace_id = $1 and asked.contact_id = $2 and v.idea_id = asked.idea_id and v.contact_id = $2
returning v.idea_id
"""
MOVE_INSIGHTS = """
update insights i set contact_id = $3 from feedback f
where f.workspace_id = $1 and f.contact_id = $2 and i.workspace_id = $1 and i.feedback_id = f.id and i.contact_id = $2
returning i.idea_id
"""
MOVE_FEEDBACK = "update feedback set contact_id = $3 where workspace_id = $1 and contact_id = $2"
MOVE_REQUESTERS = """
with gone as (
    delete from requesters where workspace_id = $1 and contact_id = $2 returning item_id, idea_id, account_id, named_at
)
insert into requesters (item_id, contact_id, workspace_id, account_id, idea_id, named_at)
select item_id, $3, $1, account_id, idea_id, named_at from gone on conflict (item_id, contact_id) do nothing
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
