"""Feedback and insights as rows."""

# revised_at is the source's own time of change: a late arrival of an older state changes nothing.
ADD = """
insert into feedback as f (id, workspace_id, source, external_id, contact_id, text, answers, attributes, source_url,
    language, connection_id, delivery_id, said_at, revised_at, received_at)
select id, workspace_id, source, external_id, contact_id, text, answers, attributes, source_url, language,
    connection_id, delivery_id, said_at, revised_at, $15
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::jsonb[], $8::jsonb[],
    $9::text[], $10::text[], $11::uuid[], $12::uuid[], $13::timestamptz[], $14::timestamptz[])
    with ordinality as n (id, workspace_id, source, external_id, contact_id, text, answers, attributes, source_url,
        language, connection_id, delivery_id, said_at, revised_at, position)
order by position
on conflict (workspace_id, source, external_id) do nothing
returning id
"""
REVISE = """
update feedback as f set contact_id = coalesce(n.contact_id, f.contact_id), text = n.text, answers = n.answers,
    attributes = n.attributes, source_url = coalesce(n.source_url, f.source_url),
    language = coalesce(n.language, f.language), delivery_id = n.delivery_id, revised_at = n.revised_at,
    version = f.version + 1
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::jsonb[], $6::text[], $7::text[], $8::uuid[],
    $9::timestamptz[], $10::uuid[])
    as n (id, contact_id, text, answers, attributes, source_url, language, delivery_id, revised_at, workspace_id)
where f.workspace_id = n.workspace_id and f.id = n.id and (f.revised_at is null or n.revised_at >= f.revised_at)
  and (f.text, f.answers, f.attributes) is distinct from (n.text, n.answers, n.attributes)
returning f.id, f.workspace_id, f.version, f.received_at, f.contact_id
"""
STANDING = """
select f.workspace_id, f.source, f.external_id, f.id
from unnest($1::uuid[], $2::text[], $3::text[]) as asked (workspace_id, source, external_id)
join feedback f on f.workspace_id = asked.workspace_id and f.source = asked.source and f.external_id = asked.external_id
"""
LINK = """
insert into insights (id, workspace_id, feedback_id, idea_id, contact_id, excerpt_start, excerpt_end, linked_by)
select n.id, n.workspace_id, n.feedback_id, n.idea_id, f.contact_id, n.excerpt_start, n.excerpt_end, n.linked_by
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::text[])
    as n (id, workspace_id, feedback_id, idea_id, excerpt_start, excerpt_end, linked_by)
join feedback f on f.id = n.feedback_id and f.workspace_id = n.workspace_id
on conflict (feedback_id, idea_id) do nothing
returning id, contact_id
"""
_FEEDBACK = """id, source, external_id, contact_id, text, answers::text as answers, attributes::text as attributes,
    source_url, language, connection_id, delivery_id, said_at, received_at, version"""
GET = f"select {_FEEDBACK} from feedback where workspace_id = $1 and id = $2"
LIST = f"""
select {_FEEDBACK} from feedback
where workspace_id = $1 and id < $2 and ($4::text is null or source = $4) and ($5::uuid is null or contact_id = $5)
order by id desc limit $3
"""
_INSIGHT = "id, feedback_id, idea_id, contact_id, excerpt_start, excerpt_end, linked_by, created_at"
GET_INSIGHT = f"select {_INSIGHT} from insights where workspace_id = $1 and id = $2"
STANDING_INSIGHT = f"select {_INSIGHT} from insights where workspace_id = $1 and feedback_id = $2 and idea_id = $3"
LIST_INSIGHTS = f"""
select {_INSIGHT} from insights
where workspace_id = $1 and id > $2 and ($4::uuid is null or idea_id = $4) and ($5::uuid is null or feedback_id = $5)
order by id limit $3
"""
UNLINK = "delete from insights where workspace_id = $1 and id = $2 returning idea_id"
REASSIGN = """
update insights as i set contact_id = f.contact_id from feedback f
where f.workspace_id = any($2::uuid[]) and f.id = any($1::uuid[])
  and i.feedback_id = f.id and i.contact_id is distinct from f.contact_id
returning i.idea_id
"""
