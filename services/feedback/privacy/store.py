"""What is kept of one person, and how it is forgotten, as statements.

SHOW_…: workspace, contacts, key to go on from, limit → `key` and `record` (JSON). ERASE_…: workspace, contacts, limit →
as many rows are changed; none when nothing is left.
"""

RESOLVE = """
select coalesce(merged_into, id) as id from contacts
where workspace_id = $1 and (id = $2 or external_id = $3 or email = $4)
"""
IS_CONTACT = "select true from contacts where workspace_id = $1 and id = $2"
PERSON = """
with whole as (select coalesce(merged_into, id) as id from contacts where workspace_id = $1 and id = $2)
select c.id from contacts c join whole on whole.id in (c.id, c.merged_into) where c.workspace_id = $1 order by c.id
"""

SHOW_CONTACTS = """
select id as key, (to_jsonb(c) - 'workspace_id')::text as record from contacts c
where workspace_id = $1 and id = any($2::uuid[]) and id > $3 order by id limit $4
"""
SHOW_FEEDBACK = """
select id as key, (to_jsonb(f) - 'workspace_id')::text as record from feedback f
where workspace_id = $1 and contact_id = any($2::uuid[]) and id > $3 order by id limit $4
"""
SHOW_INSIGHTS = """
select i.id as key, (to_jsonb(i) - 'workspace_id')::text as record
from feedback f join insights i on i.workspace_id = f.workspace_id and i.feedback_id = f.id
where f.workspace_id = $1 and f.contact_id = any($2::uuid[]) and i.id > $3 order by i.id limit $4
"""
SHOW_VOTES = """
select v.id as key, (to_jsonb(v) - 'workspace_id')::text as record
from idea_contacts asked join votes v on v.idea_id = asked.idea_id and v.contact_id = asked.contact_id
where asked.workspace_id = $1 and asked.contact_id = any($2::uuid[]) and v.id > $3 order by v.id limit $4
"""
SHOW_WISHES = """
select idea_id as key, jsonb_build_object('idea_id', idea_id, 'asks', sum(asks))::text as record from idea_contacts
where workspace_id = $1 and contact_id = any($2::uuid[]) and idea_id > $3 group by idea_id order by idea_id limit $4
"""
SHOW_REQUESTERS = """
select distinct on (item_id) item_id as key, (to_jsonb(r) - 'workspace_id')::text as record from requesters r
where workspace_id = $1 and contact_id = any($2::uuid[]) and item_id > $3 order by item_id limit $4
"""
SHOW_SEGMENTS = """
select distinct on (m.segment_id) m.segment_id as key,
    jsonb_build_object('segment_id', s.id, 'key', s.key, 'name', s.name, 'since', m.since)::text as record
from segment_members m join segments s on s.id = m.segment_id
where m.workspace_id = $1 and m.member_id = any($2::uuid[]) and m.segment_id > $3 order by m.segment_id limit $4
"""
SHOW_DELIVERIES = """
select d.id as key, jsonb_build_object('id', d.id, 'connection_id', d.connection_id, 'received_at', d.received_at,
    'headers', d.headers, 'body_base64', encode(d.body, 'base64'),
    'fetched_base64', encode(d.fetched, 'base64'))::text as record
from deliveries d where d.workspace_id = $1 and d.id > $3 and d.id = any(array(
    select delivery_id from feedback where workspace_id = $1 and contact_id = any($2::uuid[]) and delivery_id > $3
)) order by d.id limit $4
"""

ERASE_CONTACTS = """
update contacts set external_id = null, email = null, name = null, attributes = '{}',
    erased_at = coalesce(erased_at, now()), version = version + 1
where workspace_id = $1 and id = any(array(
    select id from contacts where workspace_id = $1 and id = any($2::uuid[]) and (erased_at is null
        or external_id is not null or email is not null or name is not null or attributes <> '{}')
    order by id limit $3 for update
))
"""
# Its own id takes the place of the source's, which may name them. What is counted and when it came stay.
ERASE_FEEDBACK = """
update feedback set text = '', answers = '[]', attributes = '{}', source_url = null, language = null,
    external_id = id::text, version = version + 1
where workspace_id = $1 and id = any(array(
    select id from feedback where workspace_id = $1 and contact_id = any($2::uuid[]) and (text <> ''
        or answers <> '[]' or attributes <> '{}' or source_url is not null or external_id <> id::text) limit $3
))
"""
ERASE_INSIGHTS = """
update insights set excerpt_start = null, excerpt_end = null
where workspace_id = $1 and id = any(array(
    select i.id from feedback f join insights i on i.workspace_id = f.workspace_id and i.feedback_id = f.id
    where f.workspace_id = $1 and f.contact_id = any($2::uuid[]) and i.excerpt_start is not null limit $3
))
"""
ERASE_VOTES = """
update votes set reason = null, source_url = null
where workspace_id = $1 and id = any(array(
    select v.id from idea_contacts asked
    join votes v on v.idea_id = asked.idea_id and v.contact_id = asked.contact_id
    where asked.workspace_id = $1 and asked.contact_id = any($2::uuid[])
      and (v.reason is not null or v.source_url is not null) limit $3
))
"""

SCAN_DELIVERIES = """
select d.id, d.workspace_id, d.connection_id, d.headers::text as headers, d.body, d.received_at, d.traceparent,
    d.delivery_key, d.fetched, c.vendor, c.rules::text as rules
from deliveries d left join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
where d.workspace_id = $1 and d.id > $2 and d.state <> 'erased' order by d.id limit $3
"""
THEIRS = """
select delivery_id, source, external_id from feedback
where workspace_id = $1 and contact_id = any($2::uuid[])
  and (delivery_id = any($3::uuid[]) or external_id = any($4::text[]))
"""
# What each connection counts follows, as when a delivery is read again.
ERASE_DELIVERIES = """
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
SAME_PERSON = """
select id from contacts where workspace_id = $1 and (email = any($2::text[]) or external_id = any($3::text[])
    or merged_into = any($4::uuid[])) order by id
"""
# Somebody else's words that hold the address: that alone is taken out. Looks at a part, and tells how far that was.
REDACT_FEEDBACK = """
with part as materialized (
    select id, text ~* $3 or answers::text ~* $3 or attributes::text ~* $3 or coalesce(source_url ~* $3, false)
        or external_id ~* $3 as holds
    from feedback where workspace_id = $1 and id > $2 order by id limit $4
), redacted as (
    update feedback f set text = regexp_replace(f.text, $3, '[erased]', 'gi'),
        answers = regexp_replace(f.answers::text, $3, '[erased]', 'gi')::jsonb,
        attributes = regexp_replace(f.attributes::text, $3, '[erased]', 'gi')::jsonb,
        source_url = regexp_replace(f.source_url, $3, '[erased]', 'gi'),
        external_id = case when f.external_id ~* $3 then f.id::text else f.external_id end, version = f.version + 1
    from part where f.workspace_id = $1 and f.id = part.id and part.holds returning f.id
)
select (select id from part order by id desc limit 1) as last, (select count(*) from part) as looked,
    (select count(*) from redacted) as changed
"""
# An answer that is given again must not bring them back, and must not be made anew either.
ERASE_ANSWERS = """
with part as materialized (
    select key, body from idempotency where workspace_id = $1 and key > $2 order by key limit $5
), holding as (
    select key, exists (select from unnest($3::text[]) as word where position(word in lower(key)) > 0) as named
    from part where position(convert_to($4, 'UTF8') in body) = 0 and exists (
        select from unnest($3::text[]) as word
        where position(convert_to(word, 'UTF8') in body) > 0 or position(word in lower(key)) > 0
    )
), changed as (
    update idempotency i set status = 410, headers = '{"content-type":"application/problem+json"}',
        key = case when named then 'erased:' || gen_random_uuid() else i.key end,
        body = convert_to('{"type":"urn:cairn:problem:erased","title":"Erased","status":410,"code":"erased",'
            || '"detail":"The answer told of a person who has been erased.","request_id":""}', 'UTF8')
    from holding where i.workspace_id = $1 and i.key = holding.key returning i.key
)
select (select key from part order by key desc limit 1) as last, (select count(*) from part) as looked,
    (select count(*) from changed) as changed
"""

_ERASURE = """id, contact_ids, reference, requested_by, requested_at, seen_at, finished_at, failure,
    counts::text as counts, receipt, signature"""
ADD = f"""
insert into erasures (id, workspace_id, contact_ids, subject, reference, requested_by)
values ($1, $2, $3, $4, $5, $6) returning {_ERASURE}
"""
GET = f"select {_ERASURE} from erasures where workspace_id = $1 and id = $2"
LIST = f"select {_ERASURE} from erasures where workspace_id = $1 and id < $2 order by id desc limit $3"
SEE = """
update erasures set seen_at = clock_timestamp()
where id = any(array(select id from erasures where finished_at is null and seen_at is null for update skip locked))
"""
# A transaction that is older may still write what it found of the person before they were erased: it is waited for.
NEXT = """
select workspace_id, id from erasures
where finished_at is null and seen_at is not null and due_at <= now() and not exists (
    select from pg_stat_activity where datname = current_database() and usename = current_user
        and pid <> pg_backend_pid() and xact_start < seen_at
) order by id limit 1
"""
CLAIM = """
select id, workspace_id, contact_ids, subject, reference, requested_by, requested_at, seen_at, step, place,
    counts::text as counts
from erasures where workspace_id = $1 and id = $2 and finished_at is null for update skip locked
"""
ADVANCE = """
update erasures set contact_ids = $3, step = $4, place = $5, counts = $6::jsonb, failure = null
where workspace_id = $1 and id = $2
"""
FINISH = """
update erasures set contact_ids = $3, counts = $4::jsonb, receipt = $5, signature = $6, finished_at = $7,
    subject = null, place = '', failure = null
where workspace_id = $1 and id = $2
"""
FAILED = """
update erasures set failure = $3, due_at = now() + interval '1 minute' where workspace_id = $1 and id = $2
"""
VERSIONS = "select id, version from contacts where workspace_id = $1 and id = any($2::uuid[]) order by id"
KNOWN_AS = (
    "select email, external_id from contacts where workspace_id = $1 and id = any($2::uuid[]) order by id for update"
)
