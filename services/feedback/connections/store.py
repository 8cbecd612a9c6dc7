"""Connections as rows, and how they fare."""

_CONNECTION = """id, vendor, name, token, secrets::text as secrets, signing::text as signing, push::text as push,
    rules::text as rules, mapping_version, enabled, product_id, version, created_at,
    credentials is not null as fetches"""


def _mapped(changed: str) -> str:
    """The part that keeps a mapping. Under the lock of its connection's row: versions have no gap and no rival."""
    return f"""mapped as (
    insert into connection_mappings (workspace_id, connection_id, version, rules)
    select workspace_id, id, mapping_version, rules::jsonb from {changed} on conflict do nothing
)"""


ADD_CONNECTION = f"""
with made as (
    insert into connections (id, workspace_id, vendor, name, token_hash, token, secrets, rules, credentials, product_id,
        signing, push)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning {_CONNECTION}, workspace_id
), {_mapped("made")}
select * from made
"""
GET_CONNECTION = f"select {_CONNECTION} from connections where workspace_id = $1 and id = $2"
LOCK_CONNECTION = f"select {_CONNECTION} from connections where workspace_id = $1 and id = $2 for update"
LIST_CONNECTIONS = f"select {_CONNECTION} from connections where workspace_id = $1 and id > $2 order by id limit $3"
UPDATE_CONNECTION = f"""
with changed as (
    update connections set name = $3, rules = $4, mapping_version = mapping_version + (rules <> $4)::int, enabled = $5,
        credentials = coalesce($6, credentials), product_id = coalesce($7, product_id), push = coalesce($8, push),
        version = version + 1
    where workspace_id = $1 and id = $2 returning {_CONNECTION}, workspace_id
), {_mapped("changed")}
select * from changed
"""
LIST_MAPPINGS = """
select version, rules::text as rules, created_at from connection_mappings
where workspace_id = $1 and connection_id = $2 and version > $3 order by version limit $4
"""
SET_SECRETS = f"""
update connections set secrets = $3, version = version + 1 where workspace_id = $1 and id = $2 returning {_CONNECTION}
"""
APPLIED = "select applied from connection_health where workspace_id = $1 and connection_id = $2"
HEALTH = """
select c.id as connection_id, coalesce(h.applied, 0) as applied, coalesce(h.ignored, 0) as ignored,
    coalesce(h.quarantined, 0) as quarantined, h.last_delivery_at, h.last_applied_at, h.last_failure_at, h.last_failure,
    coalesce(h.refused, 0) as refused, h.last_refused_at, h.last_refusal
from connections c left join connection_health h on h.connection_id = c.id
where c.workspace_id = $1 and c.id = $2
"""
# What waits is short, or something is wrong: beyond a hundred it is enough to know that there are so many.
WAITING_HERE = """
select (select count(*) from (
        select from deliveries where connection_id = $2 and state = 'received' and workspace_id = $1 limit 100
    ) as waiting) as received,
    (select count(*) from (
        select from fetches where connection_id = $2 and workspace_id = $1 limit 100
    ) as asked) as fetching,
    (select reason from fetches where connection_id = $2 and workspace_id = $1 and reason is not null
        order by due_at limit 1) as fetch_failure
"""
