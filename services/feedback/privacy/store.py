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
select id as key, (to_jsonb(c) - array['workspace_id', 'sought_name', 'sought_last', 'sought_email'])::text as record
from contacts c
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
select id as key, (to_jsonb(v) - 'workspace_id')::text as record from votes v
where workspace_id = $1 and contact_id = any($2::uuid[]) and id > $3 order by id limit $4
"""
SHOW_COMMENTS = """
select id as key, (to_jsonb(c) - 'workspace_id')::text as record from comments c
where workspace_id = $1 and contact_id = any($2::uuid[]) and id > $3 order by id limit $4
"""
SHOW_COMMENT_VERSIONS = """
select c.id as key, jsonb_build_object(
    'comment_id', c.id, 'versions', jsonb_agg(to_jsonb(v) - array['workspace_id', 'comment_id'] order by v.version)
)::text as record
from comments c join comment_versions v on v.workspace_id = $1 and v.comment_id = c.id
where c.workspace_id = $1 and c.contact_id = any($2::uuid[]) and c.id > $3 group by c.id order by c.id limit $4
"""
SHOW_MENTIONS = """
select distinct comment_id as key, jsonb_build_object('comment_id', comment_id)::text as record from comment_mentions
where workspace_id = $1 and mentioned = any($2::uuid[]::text[]) and comment_id > $3 order by comment_id limit $4
"""
SHOW_SUBMISSIONS = """
select s.id as key, (to_jsonb(s) - 'workspace_id')::text as record
from boards b join board_submissions s on s.workspace_id = $1 and s.board_id = b.id
where b.workspace_id = $1 and s.contact_id = any($2::uuid[]) and s.id > $3 order by s.id limit $4
"""
_THEIR_ENTRIES = """
from (
    select id from comments where workspace_id = $1 and contact_id = any($2::uuid[])
    union all
    select s.id from boards b join board_submissions s on s.workspace_id = $1 and s.board_id = b.id
    where b.workspace_id = $1 and s.contact_id = any($2::uuid[])
) as brought join moderation_entries e on e.workspace_id = $1 and e.subject_id = brought.id
"""
SHOW_ENTRIES = f"""
select e.id as key, (to_jsonb(e) - 'workspace_id')::text as record {_THEIR_ENTRIES}
where e.id > $3 order by e.id limit $4
"""
SHOW_DECISIONS = f"""
select d.id as key, (to_jsonb(d) - 'workspace_id')::text as record {_THEIR_ENTRIES}
join moderation_decisions d on d.workspace_id = $1 and d.entry_id = e.id
where d.id > $3 order by d.id limit $4
"""
SHOW_BOARDS = """
select distinct on (b.id) b.id as key, jsonb_build_object('board', b.key, 'since', m.created_at)::text as record
from boards b join board_members m on m.workspace_id = $1 and m.board_id = b.id and m.member_id = any($2::uuid[])
where b.workspace_id = $1 and b.id > $3 order by b.id limit $4
"""
SHOW_BROUGHT = """
select p.idea_id as key,
    jsonb_build_object('idea_id', p.idea_id, 'boards', jsonb_agg(b.key order by b.key))::text as record
from boards b join board_ideas p on p.workspace_id = $1 and p.board_id = b.id
where b.workspace_id = $1 and p.contact_id = any($2::uuid[]) and p.idea_id > $3
group by p.idea_id order by p.idea_id limit $4
"""
SHOW_TRUST = """
select name::uuid as key, (to_jsonb(t) - 'workspace_id')::text as record from trust t
where workspace_id = $1 and kind = 'contact' and name = any($2::uuid[]::text[]) and name > $3::uuid::text
order by name limit $4
"""
SHOW_FOLLOWED = """
select distinct on (idea_id) idea_id as key, (to_jsonb(f) - 'workspace_id')::text as record from idea_followers f
where workspace_id = $1 and contact_id = any($2::uuid[]) and idea_id > $3 order by idea_id limit $4
"""


def _of_statements(table: str, order: str) -> str:
    """Rows that hang on their statements, those of one statement together."""
    return f"""
select f.id as key, jsonb_build_object(
    'feedback_id', f.id, 'rows', jsonb_agg(to_jsonb(t) - array['workspace_id', 'feedback_id'] order by t.{order})
)::text as record
from feedback f join {table} t on t.workspace_id = $1 and t.feedback_id = f.id
where f.workspace_id = $1 and f.contact_id = any($2::uuid[]) and f.id > $3 group by f.id order by f.id limit $4
"""


SHOW_ANSWERS = _of_statements("survey_answers", "position")
SHOW_TRIAGE = _of_statements("triage", "changed_at")
SHOW_TRIAGE_HISTORY = _of_statements("triage_history", "seq")
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
        or answers <> '[]' or attributes <> '{}' or source_url is not null or external_id <> id::text)
    order by id limit $3
)) returning id
"""
# The hash of an excerpt goes with it: short words can be guessed from it.
ERASE_INSIGHTS = """
update insights set excerpt_start = null, excerpt_end = null, excerpt_hash = null
where workspace_id = $1 and id = any(array(
    select i.id from feedback f join insights i on i.workspace_id = f.workspace_id and i.feedback_id = f.id
    where f.workspace_id = $1 and f.contact_id = any($2::uuid[])
      and (i.excerpt_start is not null or i.excerpt_hash is not null) limit $3
))
"""
ERASE_VOTES = """
update votes set reason = null, source_url = null
where workspace_id = $1 and id = any(array(
    select id from votes where workspace_id = $1 and contact_id = any($2::uuid[])
      and (reason is not null or source_url is not null) limit $3
))
"""
THEIR_COMMENTS = """
select id from comments where workspace_id = $1 and contact_id = any($2::uuid[]) and deleted_at is null
order by id limit $3
"""
# With what moderators have decided of them. What became an idea is the team's, and no submission any more.
ERASE_SUBMISSIONS = """
with theirs as (
    select s.id from boards b join board_submissions s on s.workspace_id = $1 and s.board_id = b.id
    where b.workspace_id = $1 and s.contact_id = any($2::uuid[]) order by s.id limit $3
), undecided as (
    delete from moderation_entries e using theirs where e.workspace_id = $1 and e.subject_id = theirs.id
)
delete from board_submissions s using theirs where s.workspace_id = $1 and s.id = theirs.id
"""
ERASE_BOARDS = """
delete from board_members where workspace_id = $1 and (board_id, member_id) in (
    select m.board_id, m.member_id from boards b
    join board_members m on m.workspace_id = $1 and m.board_id = b.id and m.member_id = any($2::uuid[])
    where b.workspace_id = $1 limit $3
)
"""
ERASE_TRUST = """
delete from trust where workspace_id = $1 and kind = 'contact' and name in (
    select name from trust where workspace_id = $1 and kind = 'contact' and name = any($2::uuid[]::text[]) limit $3
)
"""
ERASE_TRIAGE = """
update triage set note = null where workspace_id = $1 and feedback_id = any(array(
    select t.feedback_id from feedback f join triage t on t.workspace_id = $1 and t.feedback_id = f.id
    where f.workspace_id = $1 and f.contact_id = any($2::uuid[]) and t.note is not null limit $3
))
"""
_NOTED = "({0} ->> 'note') is not null"
ERASE_TRIAGE_HISTORY = f"""
update triage_history as t set before = jsonb_set(t.before, '{{note}}', 'null', false),
    after = jsonb_set(t.after, '{{note}}', 'null', false)
from (
    select h.feedback_id, h.seq from feedback f
    join triage_history h on h.workspace_id = $1 and h.feedback_id = f.id
    where f.workspace_id = $1 and f.contact_id = any($2::uuid[])
      and ({_NOTED.format("h.before")} or {_NOTED.format("h.after")}) limit $3
) as theirs where t.workspace_id = $1 and t.feedback_id = theirs.feedback_id and t.seq = theirs.seq
"""
# What was noted of many statements at once, theirs among them.
ERASE_ACTIONS = f"""
update inbox_actions set asked = jsonb_set(asked, '{{note}}', 'null', false)
where workspace_id = $1 and id = any(array(
    select a.id from feedback f join triage_history h on h.workspace_id = $1 and h.feedback_id = f.id
    join inbox_actions a on a.workspace_id = $1 and a.id = h.action_id
    where f.workspace_id = $1 and f.contact_id = any($2::uuid[]) and {_NOTED.format("a.asked")} limit $3
))
"""
SCAN_DELIVERIES = """
select d.id, d.workspace_id, d.connection_id, d.headers::text as headers, d.body, d.received_at, d.traceparent,
    d.delivery_key, d.fetched, c.vendor, c.product_id, c.rules::text as rules
from deliveries d left join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
where d.workspace_id = $1 and d.id > $2 and d.state <> 'erased' order by d.id limit $3
"""
THEIRS = """
select delivery_id, source, external_id from feedback
where workspace_id = $1 and contact_id = any($2::uuid[])
  and (delivery_id = any($3::uuid[]) or external_id = any($4::text[]))
"""
# Whole, as when an erasure is asked for: a name that leads to somebody who is erased would bring all that is said under
# it to them.
SAME_PERSON = """
with whole as materialized (
    select coalesce(merged_into, id) as id from contacts
    where workspace_id = $1 and (email = any($2::text[]) or external_id = any($3::text[])
        or merged_into = any($4::uuid[]) or id = any($4))
)
select id from contacts where workspace_id = $1
  and (id = any(array(select id from whole)) or merged_into = any(array(select id from whole))) order by id
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
    array(select id from redacted) as changed
"""
ERASE_IMPORT_ERRORS = """
with part as materialized (
    select i.id, e.number, exists (
        select from unnest($4::text[]) as word where position(word in lower(e.raw || e.errors::text)) > 0
    ) as holds
    from imports i cross join lateral (
        select number, raw, errors from import_errors
        where workspace_id = $1 and import_id = i.id and (i.id > $2 or number > $3) order by number limit $5
    ) as e
    where i.workspace_id = $1 and i.id >= $2 order by i.id, e.number limit $5
), gone as (
    delete from import_errors e using part
    where e.workspace_id = $1 and e.import_id = part.id and e.number = part.number and part.holds returning e.number
)
select (select id || '/' || number from part order by id desc, number desc limit 1) as last,
    (select count(*) from part) as looked, (select count(*) from gone) as changed
"""
DROP_EXPORTS = "delete from exports where workspace_id = $1 and state <> 'waiting'"
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
    update idempotency i set status = 410, outline = null, headers = '{"content-type":"application/problem+json"}',
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
WORK = "select from erasures where finished_at is null and (seen_at is null or due_at <= now())"
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
KNOWN_AS = """
select email, external_id, name from contacts where workspace_id = $1 and id = any($2::uuid[]) order by id for update
"""
