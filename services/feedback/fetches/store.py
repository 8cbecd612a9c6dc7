"""Responses that are still to be fetched, as rows."""

# A claim is a lease: whoever dies with it lets it lapse, and what was fetched twice is stored once.
WORK = "select from fetches where due_at <= now()"
CLAIM = """
update fetches as f set attempts = f.attempts + 1, due_at = now() + make_interval(secs => $2)
from connections c
where c.id = f.connection_id and (f.workspace_id, f.delivery_id) in (
    select workspace_id, delivery_id from fetches where due_at <= now() order by due_at limit $1 for update skip locked
)
returning f.workspace_id, f.delivery_id, f.connection_id, f.asked::text as asked, f.attempts, c.vendor, c.credentials,
    c.cursors::text as cursors
"""
LEFT = "delete from fetches where workspace_id = $1 and delivery_id = $2"
FETCHED = """
update deliveries set fetched = $3, state = 'received' where workspace_id = $1 and id = $2 and state = 'fetching'
"""
ADVANCE = """
update connections set cursors = cursors || jsonb_build_object($3::text, $4::text)
where workspace_id = $1 and id = $2 and coalesce(cursors ->> $3, '') < $4
"""
LATER = """
update fetches set due_at = now() + make_interval(secs => $3), reason = $4 where workspace_id = $1 and delivery_id = $2
"""
# A vendor that says stop says it to the whole connection.
PAUSE = """
update fetches set due_at = greatest(due_at, now() + make_interval(secs => $3))
where workspace_id = $1 and connection_id = $2
"""
