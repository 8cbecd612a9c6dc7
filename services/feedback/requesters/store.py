"""Who asked for what was shipped, as rows."""

# Whoever asked for an idea or follows it, or one that was merged with it, unless they said that they do not.
NAME = """
insert into requesters (item_id, contact_id, workspace_id, account_id, idea_id, named_at)
select distinct on (item.item_id, asked.contact_id)
    item.item_id, asked.contact_id, item.workspace_id, c.account_id, i.root, item.named_at
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) as item (workspace_id, item_id, idea_id, named_at)
join ideas i on i.id = item.idea_id and i.workspace_id = item.workspace_id
cross join lateral (
    select contact_id from idea_contacts where idea_id = i.root and workspace_id = item.workspace_id
    union
    select f.contact_id from (select i.root as id union all select id from ideas where merged_root = i.root) as m
    join idea_followers f on f.idea_id = m.id and f.follows
) as asked
join contacts c on c.id = asked.contact_id
where coalesce((
    select f.follows from (select i.root as id union all select id from ideas where merged_root = i.root) as m
    join idea_followers f on f.idea_id = m.id and f.contact_id = asked.contact_id
    order by f.said_at desc, f.idea_id limit 1
), true)
order by item.item_id, asked.contact_id, i.root
on conflict (item_id, contact_id) do nothing
"""
COUNT = """
select item_id, count(*) as requesters, count(distinct account_id) as accounts
from requesters where item_id = any($1::uuid[]) group by item_id
"""
LIST = """
select r.contact_id, r.account_id, r.idea_id, r.named_at, c.email, c.name, c.external_id
from requesters r join contacts c on c.id = r.contact_id
where r.workspace_id = $1 and r.item_id = $2 and r.contact_id > $3 order by r.contact_id limit $4
"""
