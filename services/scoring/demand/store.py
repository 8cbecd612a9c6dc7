"""Ideas, the demand for them and who is behind it, as rows."""

# What is returned beside the id is what the idea was merged into before: the statement sees the rows as they were.
PROJECT_IDEAS = """
insert into ideas (idea_id, workspace_id, title, kind, status, archived, version, merged_into, product_id)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $8::uuid[], $9::uuid[])
on conflict (idea_id) do update set
    title = excluded.title, kind = excluded.kind, status = excluded.status, archived = excluded.archived,
    version = excluded.version, merged_into = excluded.merged_into, product_id = excluded.product_id
where ideas.workspace_id = excluded.workspace_id and ideas.version < excluded.version
returning idea_id, (select held.merged_into from ideas held where held.idea_id = ideas.idea_id) as was_in
"""
# The same, and the first change of an idea on a day keeps what the day before ended with; those that follow find the
# row there. Both parts see the ideas as they were before.
FOLLOW_IDEAS = f"""
with kept as (
    insert into idea_days (workspace_id, idea_id, until, title, kind, status, archived, product_id)
    select i.workspace_id, i.idea_id, (now() at time zone 'UTC')::date, i.title, i.kind, i.status, i.archived,
           i.product_id
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $9::uuid[])
        as g (idea_id, workspace_id, title, kind, status, archived, version, product_id)
    cross join lateral (
        select * from ideas where idea_id = g.idea_id and workspace_id = g.workspace_id limit 1
    ) as i
    where i.version < g.version
      and (i.title, i.kind, i.status, i.archived, i.product_id)
          is distinct from (g.title, g.kind, g.status, g.archived, g.product_id)
    on conflict do nothing
)
{PROJECT_IDEAS}
"""
PROJECT_DEMAND = """
insert into demand (idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version, event_id)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::text[], $9::bigint[],
    $10::uuid[])
on conflict (idea_id) do update set
    votes = excluded.votes, insights = excluded.insights, contacts = excluded.contacts, accounts = excluded.accounts,
    mrr = excluded.mrr, currency = excluded.currency, version = excluded.version, event_id = excluded.event_id
where demand.workspace_id = excluded.workspace_id and demand.version < excluded.version
returning idea_id
"""
PROJECT_SHARES = """
insert into shares (share_id, workspace_id, idea_id, account_id, contacts, votes, insights, nice, important, critical,
                    months, asked, mrr_at_vote, segment_ids, version, event_id)
select share_id, workspace_id, idea_id, account_id, contacts, votes, insights, nice, important, critical,
       string_to_array(months, ',')::int[], string_to_array(asked, ',')::int[], mrr_at_vote,
       string_to_array(segment_ids, ',')::uuid[], version, event_id
from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[],
    $11::text[], $12::text[], $13::bigint[], $14::text[], $15::bigint[], $16::uuid[])
    as s (share_id, workspace_id, idea_id, account_id, contacts, votes, insights, nice, important, critical, months,
          asked, mrr_at_vote, segment_ids, version, event_id)
on conflict (share_id) do update set
    contacts = excluded.contacts, votes = excluded.votes, insights = excluded.insights, nice = excluded.nice,
    important = excluded.important, critical = excluded.critical, months = excluded.months, asked = excluded.asked,
    mrr_at_vote = excluded.mrr_at_vote, segment_ids = excluded.segment_ids, version = excluded.version,
    event_id = excluded.event_id
where shares.workspace_id = excluded.workspace_id and shares.version < excluded.version
returning share_id
"""
PROJECT_ACCOUNTS = """
insert into accounts (account_id, workspace_id, mrr, segment_ids, version, event_id)
select account_id, workspace_id, mrr, string_to_array(segment_ids, ',')::uuid[], version, event_id
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::uuid[])
    as a (account_id, workspace_id, mrr, segment_ids, version, event_id)
on conflict (account_id) do update set
    mrr = excluded.mrr, segment_ids = excluded.segment_ids, version = excluded.version, event_id = excluded.event_id
where accounts.workspace_id = excluded.workspace_id and accounts.version < excluded.version
returning account_id
"""
PROJECT_SEGMENTS = """
insert into segments (segment_id, workspace_id, key, selects, deleted, version)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::bigint[])
on conflict (segment_id) do update set
    key = excluded.key, selects = excluded.selects, deleted = excluded.deleted, version = excluded.version
where segments.workspace_id = excluded.workspace_id and segments.version < excluded.version
"""
