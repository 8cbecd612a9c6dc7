"""Connections and raw deliveries as rows."""

_CONNECTION = "id, vendor, name, token, secrets::text as secrets, rules::text as rules, enabled, version, created_at"
ADD_CONNECTION = f"""
insert into connections (id, workspace_id, vendor, name, token_hash, token, secrets, rules)
values ($1, $2, $3, $4, $5, $6, $7, $8) returning {_CONNECTION}
"""
GET_CONNECTION = f"select {_CONNECTION} from connections where workspace_id = $1 and id = $2"
LOCK_CONNECTION = f"select {_CONNECTION} from connections where workspace_id = $1 and id = $2 for update"
LIST_CONNECTIONS = f"select {_CONNECTION} from connections where workspace_id = $1 and id > $2 order by id limit $3"
UPDATE_CONNECTION = f"""
update connections set name = $3, rules = $4, enabled = $5, version = version + 1
where workspace_id = $1 and id = $2 returning {_CONNECTION}
"""
FIND_BY_TOKEN = f"select {_CONNECTION}, workspace_id from connections where token_hash = $1"
"""Runs before the workspace is known: the token is what tells it."""

KEEP = """
insert into deliveries (id, workspace_id, connection_id, delivery_key, sha256, verdict, headers, body, traceparent)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::jsonb[], $8::bytea[],
    $9::text[])
on conflict (connection_id, delivery_key) do nothing
returning id
"""
KEPT = """
select d.connection_id, d.delivery_key, d.id from unnest($1::uuid[], $2::text[]) as asked (connection_id, delivery_key)
join deliveries d on d.connection_id = asked.connection_id and d.delivery_key = asked.delivery_key
"""
WAITING = """
select distinct workspace_id from (
    select workspace_id from deliveries where state = 'received' order by id limit $1
) as waiting
"""
"""Whose deliveries wait: the worker then opens a transaction over just these workspaces."""
TAKE = """
select d.id, d.workspace_id, d.connection_id, d.headers::text as headers, d.body, d.received_at, d.traceparent,
       c.vendor, c.rules::text as rules
from deliveries d join connections c on c.id = d.connection_id
where d.state = 'received' and d.workspace_id = any($1::uuid[]) order by d.id limit $2
for update of d skip locked
"""
SETTLE = """
update deliveries as d set state = done.state, reason = done.reason, processed_at = now()
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as done (workspace_id, id, state, reason)
where d.workspace_id = done.workspace_id and d.id = done.id
"""
_DELIVERY = """id, connection_id, delivery_key, encode(sha256, 'hex') as sha256, verdict, headers::text as headers,
    octet_length(body) as bytes, state, reason, received_at, processed_at"""
GET_DELIVERY = f"select {_DELIVERY}, body from deliveries where workspace_id = $1 and id = $2"
_LIST_DELIVERIES = f"select {_DELIVERY} from deliveries where workspace_id = $1 and id < $2"
_PAGE = "order by id desc limit $3"
LIST_DELIVERIES = f"{_LIST_DELIVERIES} {_PAGE}"
LIST_DELIVERIES_CONNECTION = f"{_LIST_DELIVERIES} and connection_id = $4 {_PAGE}"
# The states are spelt out for the sake of the partial indexes: one of what waits, one of what was set aside.
LIST_DELIVERIES_WAITING = f"""
{_LIST_DELIVERIES} and state = 'received' and ($4::uuid is null or connection_id = $4) {_PAGE}
"""
LIST_DELIVERIES_ASIDE = f"""
{_LIST_DELIVERIES} and state in ('ignored', 'quarantined') and state = $5 and ($4::uuid is null or connection_id = $4)
{_PAGE}
"""
