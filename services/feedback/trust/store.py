"""What is known of who can be trusted, and all that was brought from outside."""

LEVELS = """
select kind, level, approved, refused from trust
where workspace_id = $1 and (kind, name) in (($2, $3), ('contact', $4::text))
"""
SET = """
insert into trust as t (workspace_id, kind, name, level) values ($1, $2, $3, $4)
on conflict (workspace_id, kind, name) do update set level = excluded.level, updated_at = now()
returning kind, name, level, approved, refused, updated_at
"""
LIST = """
select kind, name, level, approved, refused, updated_at from trust
where workspace_id = $1 and (kind, name) > ($2, $3) order by kind, name limit $4
"""
# Sorted, so that two moderators wait for each other in one direction.
HOLD = """
insert into trust as t (workspace_id, kind, name)
select $1, 'contact', name from unnest($2::text[]) as name order by name
on conflict (workspace_id, kind, name) do update set updated_at = now()
"""
LEARN = """
update trust as t set approved = greatest(t.approved + n.approved, 0), refused = greatest(t.refused + n.refused, 0)
from unnest($2::text[], $3::bigint[], $4::bigint[]) as n (name, approved, refused)
where t.workspace_id = $1 and t.kind = 'contact' and t.name = n.name
"""
KNOWN_CONTACT = "select 1 from contacts where workspace_id = $1 and id = $2"
KNOWN_BOARD = "select 1 from boards where workspace_id = $1 and key = $2"
FILE = """
insert into moderation_entries as e (id, workspace_id, kind, subject_id, contact_id, source, state, decided_by)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (subject_id) do update set state = excluded.state, decided_by = excluded.decided_by
returning id
"""
NOTE = """
insert into moderation_decisions (id, workspace_id, entry_id, state, decided_by, reason)
select id, $1, entry_id, $4, $5, $6 from unnest($2::uuid[], $3::uuid[]) as n (id, entry_id)
"""
HOLD_ENTRY = """
select 1 from moderation_entries where workspace_id = $1 and subject_id = $2 for no key update
"""
WITHDRAW = "delete from moderation_entries where workspace_id = $1 and subject_id = $2"
