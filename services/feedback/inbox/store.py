"""Feedback as rows."""

from shared.events.feedback import FeedbackReceived
from shared.idempotency import KEPT
from shared.outbox import TOLD, telling


def _received(contact: str) -> str:
    """The data of a FeedbackReceived of the row in scope, and of whom. The model would cost more than the row does."""
    return f"""concat('{{"workspace_id":"', workspace_id, '","version":1,"feedback_id":"', id,
            '","source":', to_json(source), ',"contact_id":', {contact},
            ',"received_at":', to_json($2::timestamptz), '}}')::json"""


# Rows travel as one JSON text: encoding an array for each column costs the service several times as much.
# In one order for all, so that two batches with the same statements wait for each other in one direction; ids rise.
# Who was merged since they were looked up is who they became. Who was erased stays who they are: the erasure waits for
# whoever found them before, and goes through this as well.
ADD = f"""
with given as materialized (
    select * from json_to_recordset($1::json) as g (id uuid, workspace_id uuid, source text, external_id text,
        contact_id uuid, text text, answers text, attributes text, source_url text, language text, product_id uuid,
        connection_id uuid, delivery_id uuid, said_at timestamptz, revised_at timestamptz, state text, event_id uuid,
        traceparent text)
), added as (
    insert into feedback (id, workspace_id, source, external_id, contact_id, text, answers, attributes, source_url,
        language, product_id, connection_id, delivery_id, said_at, revised_at, received_at, state)
    select n.id, n.workspace_id, n.source, n.external_id, coalesce(c.merged_into, c.id), n.text, n.answers::jsonb,
        n.attributes::jsonb, n.source_url, n.language, n.product_id, n.connection_id, n.delivery_id, n.said_at,
        n.revised_at, $2, n.state
    from given n left join contacts c on c.id = n.contact_id
    order by n.workspace_id, n.source, n.external_id collate "C", n.id
    on conflict (workspace_id, source, external_id) do nothing
    returning id, workspace_id, source, contact_id
), news as (
    select *, '{FeedbackReceived.type}' as event_type,
        {_received("coalesce(to_json(contact_id)::text, 'null')")} as event
    from added join (select id, event_id, traceparent from given) as given using (id)
), {telling("news", "1")}
select id from added
"""
# Statements, their events and their remembered answers in one round trip. Nothing of it may be there before: a unique
# key then refuses all of it, and the caller goes the long way. `on conflict` would cost a third of the statement. What
# follows from a row is put together here: a FeedbackReceived and an answer, which as values of their own would be most
# of what travels.
ADD_NEW = f"""
with given as materialized (
    select g.*, '{FeedbackReceived.type}' as event_type, 201::smallint as status,
        concat('{{"id":"', id, '","status":"created"}}') as answer,
        {_received("'null'")} as event
    from json_to_recordset($1::json) as g (id uuid, workspace_id uuid, source text, external_id text,
        text text, attributes text, source_url text, language text, said_at timestamptz, event_id uuid,
        traceparent text, key text, fingerprint text, outline text)
), added as (
    insert into feedback (id, workspace_id, source, external_id, text, attributes, source_url, language, said_at,
        received_at)
    select id, workspace_id, source, external_id, text, attributes::jsonb, source_url, language, said_at, $2 from given
    order by workspace_id, source, external_id collate "C", id
), {TOLD}, {KEPT}
select 1
"""
# revised_at is the source's own time of change: a late arrival of an older state changes nothing, and one that says
# nothing new still makes older ones late. The rows are locked, so what was before is what is there.
REVISE = """
with said as (
    select n.workspace_id, n.id, n.text, n.answers, n.attributes, n.source_url, n.language, n.delivery_id, n.revised_at,
        f.contact_id as before, coalesce(c.merged_into, c.id, f.contact_id) as contact_id,
        (f.text, f.answers, f.attributes, f.contact_id)
            is distinct from (n.text, n.answers, n.attributes, coalesce(c.merged_into, c.id, f.contact_id)) as news
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::jsonb[], $6::text[], $7::text[], $8::uuid[],
        $9::timestamptz[], $10::uuid[])
        as n (id, contact_id, text, answers, attributes, source_url, language, delivery_id, revised_at, workspace_id)
    join feedback f on f.workspace_id = n.workspace_id and f.id = n.id
    left join contacts c on c.id = n.contact_id
    where f.revised_at is null or n.revised_at >= f.revised_at
)
update feedback as f set contact_id = said.contact_id, text = said.text, answers = said.answers,
    attributes = said.attributes, source_url = coalesce(said.source_url, f.source_url),
    language = coalesce(said.language, f.language), revised_at = said.revised_at,
    delivery_id = case when said.news then said.delivery_id else f.delivery_id end, version = f.version + said.news::int
from said where f.workspace_id = said.workspace_id and f.id = said.id
  and (said.news or f.revised_at is distinct from said.revised_at)
returning f.id, f.workspace_id, f.version, f.received_at, f.contact_id, said.before, said.news
"""
# Found by the whole key, one by one. While a table grows faster than its statistics the planner takes a whole workspace
# (or all of a source in it) for one row, and would read that for each statement. `source` is hidden from it, so that
# the unique key is the one index that fits.
STANDING = """
select f.workspace_id, f.source, f.external_id, f.id from feedback f
where f.workspace_id = any($1::uuid[]) and f.id = any(array(
    select found.id
    from unnest($1::uuid[], $2::text[], $3::text[]) as asked (workspace_id, source, external_id) cross join lateral (
        select id from feedback
        where workspace_id = asked.workspace_id and external_id = asked.external_id and source || '' = asked.source
        limit 1
    ) as found
))
order by f.id for no key update
"""
# By name, in one order: whoever puts a record together from its parts has it alone until the end.
HOLD_NAMES = """
select pg_advisory_xact_lock(hashtextextended(name, 0)) from (
    select name from unnest($1::text[]) as name group by name order by name
) as names
"""
HELD = """
select f.workspace_id, f.source, f.external_id, f.text, f.answers::text as answers, f.attributes::text as attributes,
    f.revised_at, f.said_at
from unnest($1::uuid[], $2::text[], $3::text[]) as asked (workspace_id, source, external_id) cross join lateral (
    select * from feedback
    where workspace_id = asked.workspace_id and external_id = asked.external_id and source || '' = asked.source
    limit 1
) as f
"""
_FEEDBACK = """id, source, external_id, contact_id, text, answers::text as answers, attributes::text as attributes,
    source_url, language, product_id, connection_id, delivery_id, said_at, received_at, version"""
GET = f"select {_FEEDBACK} from feedback where workspace_id = $1 and id = $2"
