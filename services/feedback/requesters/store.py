"""Who asked for what was shipped, as rows."""

NAME = """
insert into requesters (item_id, contact_id, workspace_id, account_id, idea_id, named_at)
select distinct on (item.item_id, asked.contact_id)
    item.item_id, asked.contact_id, item.workspace_id, c.account_id, asked.idea_id, item.named_at
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) as item (workspace_id, item_id, idea_id, named_at)
join idea_contacts asked on asked.idea_id = item.idea_id and asked.workspace_id = item.workspace_id
join contacts c on c.id = asked.contact_id
order by item.item_id, asked.contact_id, asked.idea_id
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
