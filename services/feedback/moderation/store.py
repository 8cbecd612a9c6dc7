"""What waits for a moderator, with the words that are to be judged."""

_WORDS = """
left join comments c on e.kind = 'comment' and c.workspace_id = $1 and c.id = e.subject_id
left join board_submissions s on e.kind = 'submission' and s.workspace_id = $1 and s.id = e.subject_id
"""
_ENTRY = """e.id, e.kind, e.subject_id, e.contact_id, e.source, e.state, e.decided_by, e.created_at,
    coalesce(c.idea_id, s.idea_id) as idea_id, s.title, coalesce(c.text, s.description) as text"""
_FROM = f"select {_ENTRY} from moderation_entries e {_WORDS} where e.workspace_id = $1"
LIST = f"{_FROM} and e.state = $2 and e.id > $3 order by e.id limit $4"
GET = f"{_FROM} and e.id = $2"
THESE = f"{_FROM} and e.id = any($2::uuid[])"
LOCK = """
select id, kind, subject_id, contact_id, state, decided_by from moderation_entries
where workspace_id = $1 and id = any($2::uuid[]) order by id for no key update
"""
DECIDE = "update moderation_entries set state = $3, decided_by = $4 where workspace_id = $1 and id = any($2::uuid[])"
HISTORY = """
select id, state, decided_by, reason, created_at from moderation_decisions
where workspace_id = $1 and entry_id = $2 and id > $3 order by id limit $4
"""
