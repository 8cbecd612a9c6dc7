"""Deliveries as rows, and whose address they came to."""

FIND_CONNECTION = """
select id, workspace_id, vendor, secrets::text as secrets, signing::text as signing, push::text as push, enabled
from connections where token_hash = $1
"""
"""Runs before the workspace is known: the token is what tells it."""
SHARE_CONNECTION = "select id from connections where workspace_id = $1 and id = $2 for share"
REFUSED = """
insert into connection_health as h (connection_id, workspace_id, refused, last_refused_at, last_refusal)
values ($2, $1, $3, now(), $4)
on conflict (connection_id) do update set refused = h.refused + excluded.refused,
    last_refused_at = excluded.last_refused_at, last_refusal = excluded.last_refusal
"""
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
WORK = "select from deliveries where state = 'received'"
WAITING = """
select distinct workspace_id from (
    select workspace_id from deliveries where state = 'received' and workspace_id <> all($2::uuid[])
    order by id limit $1
) as waiting
"""
"""Whose deliveries wait but $2: the worker then opens a transaction over just these workspaces."""
TAKE = """
select d.id, d.workspace_id, d.connection_id, d.headers::text as headers, d.body, d.received_at, d.traceparent,
       d.delivery_key, d.fetched, c.vendor, c.product_id, c.rules::text as rules, c.mapping_version
from deliveries d join connections c on c.id = d.connection_id
where d.state = 'received' and d.workspace_id = any($1::uuid[]) order by d.id limit $2
for update of d skip locked
"""
# The counters go with what they count, in one statement, and in one order for all, so that no two wait for each other.
SETTLE = """
with settled as (
    update deliveries as d set state = done.state, reason = done.reason, mapping_version = done.mapping_version,
        processed_at = now()
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[])
        as done (workspace_id, id, state, reason, mapping_version)
    where d.workspace_id = done.workspace_id and d.id = done.id
    returning d.workspace_id, d.connection_id, d.state, d.reason, d.received_at
)
insert into connection_health as h (connection_id, workspace_id, applied, ignored, quarantined, last_delivery_at,
    last_applied_at, last_failure_at, last_failure)
select connection_id, workspace_id, count(*) filter (where state = 'applied'),
    count(*) filter (where state = 'ignored'), count(*) filter (where state = 'quarantined'), max(received_at),
    case when bool_or(state = 'applied') then now() end, case when bool_or(state = 'quarantined') then now() end,
    max(reason) filter (where state = 'quarantined')
from settled group by connection_id, workspace_id order by connection_id
on conflict (connection_id) do update set applied = h.applied + excluded.applied,
    ignored = h.ignored + excluded.ignored, quarantined = h.quarantined + excluded.quarantined,
    last_delivery_at = greatest(h.last_delivery_at, excluded.last_delivery_at),
    last_applied_at = coalesce(excluded.last_applied_at, h.last_applied_at),
    last_failure_at = coalesce(excluded.last_failure_at, h.last_failure_at),
    last_failure = coalesce(excluded.last_failure, h.last_failure)
"""
_AGAIN = """
, again as (
    update deliveries as d set state = 'received', reason = null, processed_at = null,
        fetched = case when {refetch}::boolean then null else d.fetched end
    from chosen where d.workspace_id = chosen.workspace_id and d.id = chosen.id
    returning d.id
), counted as (
    update connection_health as h set applied = h.applied - was.applied, ignored = h.ignored - was.ignored,
        quarantined = h.quarantined - was.quarantined
    from (
        select connection_id, count(*) filter (where state = 'applied') as applied,
            count(*) filter (where state = 'ignored') as ignored,
            count(*) filter (where state = 'quarantined') as quarantined
        from chosen group by connection_id
    ) as was where h.connection_id = was.connection_id
)
select (select count(*) from again) as queued, (select id from chosen order by id desc limit 1) as last
"""
REPROCESS = f"""
with chosen as (
    select workspace_id, id, connection_id, state from deliveries
    where workspace_id = $1 and id = $2 and state in ('applied', 'ignored', 'quarantined') for update
) {_AGAIN.format(refetch="$3")}
"""
_CHOSEN = "select workspace_id, id, connection_id, state from deliveries where workspace_id = $1 and connection_id = $2"
# Spelt out, for the sake of the partial index of what was set aside.
REPROCESS_ASIDE = f"""
with chosen as (
    {_CHOSEN} and id > $3 and state in ('ignored', 'quarantined') and state = $6 order by id limit $4 for update
) {_AGAIN.format(refetch="$5")}
"""
REPROCESS_ALL = f"""
with chosen as (
    {_CHOSEN} and id > $3 and state in ('applied', 'ignored', 'quarantined') order by id limit $4 for update
) {_AGAIN.format(refetch="$5")}
"""
ASK = """
insert into fetches (workspace_id, delivery_id, connection_id, asked)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::jsonb[])
on conflict (workspace_id, delivery_id) do update set asked = excluded.asked, due_at = now(), attempts = 0
"""
HURRY = "update fetches set due_at = now() where workspace_id = $1 and delivery_id = $2"
_DELIVERY = """id, connection_id, delivery_key, encode(sha256, 'hex') as sha256, verdict, headers::text as headers,
    octet_length(body) as bytes, fetched is not null as fetched, state, reason, mapping_version, received_at,
    processed_at"""
GET_DELIVERY = f"select {_DELIVERY}, body from deliveries where workspace_id = $1 and id = $2"
_LIST_DELIVERIES = f"select {_DELIVERY} from deliveries where workspace_id = $1 and id < $2"
_PAGE = "order by id desc limit $3"
LIST_DELIVERIES = f"{_LIST_DELIVERIES} {_PAGE}"
LIST_DELIVERIES_CONNECTION = f"{_LIST_DELIVERIES} and connection_id = $4 {_PAGE}"
LIST_DELIVERIES_FETCHING = f"""
select {_DELIVERY} from deliveries where workspace_id = $1 and id in (
    select delivery_id from fetches
    where workspace_id = $1 and delivery_id < $2 and ($4::uuid is null or connection_id = $4)
    order by delivery_id desc limit $3
) and state = 'fetching' {_PAGE}
"""
# The states are spelt out for the sake of the partial indexes: one of what waits, one of what was set aside.
LIST_DELIVERIES_WAITING = f"""
{_LIST_DELIVERIES} and state = 'received' and ($4::uuid is null or connection_id = $4) {_PAGE}
"""
LIST_DELIVERIES_ASIDE = f"""
{_LIST_DELIVERIES} and state in ('ignored', 'quarantined') and state = $5 and ($4::uuid is null or connection_id = $4)
{_PAGE}
"""
# What each connection counts follows, as when a delivery is read again.
EMPTY = """
with chosen as (
    select workspace_id, id, connection_id, state from deliveries
    where workspace_id = $1 and id = any($2::uuid[]) and state <> 'erased' order by id for update
), gone as (
    update deliveries d set state = 'erased', body = '', fetched = null, headers = '{}', reason = null
    from chosen where d.workspace_id = chosen.workspace_id and d.id = chosen.id returning d.id
), unasked as (
    delete from fetches f using chosen where f.workspace_id = $1 and f.delivery_id = chosen.id
), counted as (
    update connection_health h set applied = h.applied - was.applied, ignored = h.ignored - was.ignored,
        quarantined = h.quarantined - was.quarantined
    from (
        select connection_id, count(*) filter (where state = 'applied') as applied,
            count(*) filter (where state = 'ignored') as ignored,
            count(*) filter (where state = 'quarantined') as quarantined
        from chosen group by connection_id
    ) as was where h.connection_id = was.connection_id
)
select count(*) from gone
"""
