"""Ideas and demand as rows."""

PROJECT_IDEAS = """
insert into ideas (idea_id, workspace_id, title, kind, status, archived, version)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[])
on conflict (idea_id) do update set
    title = excluded.title, kind = excluded.kind, status = excluded.status, archived = excluded.archived,
    version = excluded.version
where ideas.workspace_id = excluded.workspace_id and ideas.version < excluded.version
returning idea_id
"""
# The same, and the first change of an idea on a day keeps what the day before ended with; those that follow find the
# row there. Both parts see the ideas as they were before.
FOLLOW_IDEAS = f"""
with kept as (
    insert into idea_days (workspace_id, idea_id, until, title, kind, status, archived)
    select i.workspace_id, i.idea_id, (now() at time zone 'UTC')::date, i.title, i.kind, i.status, i.archived
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[])
        as g (idea_id, workspace_id, title, kind, status, archived, version)
    cross join lateral (
        select * from ideas where idea_id = g.idea_id and workspace_id = g.workspace_id limit 1
    ) as i
    where i.version < g.version
      and (i.title, i.kind, i.status, i.archived) is distinct from (g.title, g.kind, g.status, g.archived)
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
