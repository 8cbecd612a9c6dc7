"""What the demand for an idea rests on, as rows. Each statement reads a bounded part by an index."""

IDEA = """
select i.id, i.key, i.title, i.kind, i.status, i.version, d.votes, d.insights, d.contacts, d.accounts, d.mrr,
    d.currency, d.version as demand_version
from ideas i join demand d on d.idea_id = i.id where i.workspace_id = $1 and i.id = $2
"""
ACCOUNTS = """
select a.id, a.external_id, a.name, a.plan, a.mrr, o.contacts
from idea_accounts o join accounts a on a.id = o.account_id
where o.workspace_id = $1 and o.idea_id = $2 order by a.mrr desc, a.id limit $3
"""
# With those that were merged into it, each in its own order; then the first of all.
_MEMBERS = "(select $2::uuid as id union all select id from ideas where workspace_id = $1 and merged_root = $2) as m"
_WHO = "c.name, c.email, c.external_id as known_as, c.account_id as belongs_to, a.name as account"
VOTES = f"""
select one.* from {_MEMBERS} cross join lateral (
    select v.id, v.idea_id, v.contact_id, v.importance, v.on_behalf, v.cast_by, v.source, v.source_url,
        v.reason, v.mrr, v.version, v.created_at, {_WHO}
    from votes v join contacts c on c.id = v.contact_id left join accounts a on a.id = c.account_id
    where v.workspace_id = $1 and v.idea_id = m.id order by v.id limit $3
) as one order by one.id limit $3
"""
# A text may be long: its beginning is shown, and how long it is.
INSIGHTS = f"""
select one.* from {_MEMBERS} cross join lateral (
    select i.id, i.idea_id, i.feedback_id, i.contact_id, i.excerpt_start, i.excerpt_end,
        substr(f.text, i.excerpt_start + 1, i.excerpt_end - i.excerpt_start) as words,
        coalesce(sha256(convert_to(substr(f.text, i.excerpt_start + 1, i.excerpt_end - i.excerpt_start), 'UTF8'))
            <> i.excerpt_hash, false) as stale,
        i.confidence, i.linked_by, i.version, i.created_at, f.source, f.external_id, left(f.text, $4) as text,
        char_length(f.text) as characters, f.connection_id, f.delivery_id, f.said_at, f.received_at,
        f.version as feedback_version, {_WHO}
    from insights i join feedback f on f.workspace_id = i.workspace_id and f.id = i.feedback_id
    left join contacts c on c.id = f.contact_id left join accounts a on a.id = c.account_id
    where i.workspace_id = $1 and i.idea_id = m.id order by i.id limit $3
) as one order by one.id limit $3
"""
# Of each the hash that was taken at the door, and the bytes that are kept, to be hashed and verified again.
DELIVERIES = """
select d.id, d.connection_id, c.vendor, c.secrets::text as secrets, c.signing::text as signing, d.mapping_version,
    d.delivery_key,
    encode(d.sha256, 'hex') as sha256, encode(sha256(d.body), 'hex') as hashed,
    encode(sha256(d.fetched), 'hex') as fetched, d.verdict, d.headers::text as headers, d.body, d.state, d.received_at
from deliveries d left join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
where d.workspace_id = $1 and d.id = any($2::uuid[])
"""
