"""Demand as rows: totals per idea, and who stands behind them."""

# Share locks: an account's revenue must not change between being read here and being counted.
SHARE_ACCOUNTS = """
select id from accounts where id in (select account_id from contacts where id = any($1::uuid[])) order by id for share
"""
# One order for everybody, so that batches wait and never deadlock.
LOCK = "select idea_id from demand where idea_id = any($1::uuid[]) order by idea_id for update"
OPEN = "insert into demand (idea_id, workspace_id, currency) values ($1, $2, $3)"
# xmax = 0 tells a row that was inserted from one that was there: who asks for the first time, which account is new.
ADD = """
with asked as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::int[])
        as a (workspace_id, idea_id, contact_id, votes, insights)
), kept as (
    insert into idea_contacts (idea_id, contact_id, workspace_id, asks)
    select idea_id, contact_id, workspace_id, sum(votes + insights) from asked
    where contact_id is not null group by idea_id, contact_id, workspace_id
    on conflict (idea_id, contact_id) do update set asks = idea_contacts.asks + excluded.asks
    returning idea_id, contact_id, workspace_id, xmax = 0 as fresh
), newcomers as (
    select kept.idea_id, kept.workspace_id, contacts.account_id
    from kept join contacts on contacts.id = kept.contact_id where kept.fresh
), owned as (
    insert into idea_accounts (idea_id, account_id, workspace_id, contacts)
    select idea_id, account_id, workspace_id, count(*) from newcomers
    where account_id is not null group by idea_id, account_id, workspace_id
    on conflict (idea_id, account_id) do update set contacts = idea_accounts.contacts + excluded.contacts
    returning idea_id, account_id, xmax = 0 as fresh
), people as (
    select idea_id, count(*) as contacts from newcomers group by idea_id
), money as (
    select owned.idea_id, count(*) as accounts, sum(accounts.mrr) as mrr
    from owned join accounts on accounts.id = owned.account_id where owned.fresh group by owned.idea_id
), asks as (
    select idea_id, sum(votes) as votes, sum(insights) as insights from asked group by idea_id
)
update demand as d set
    votes = d.votes + asks.votes, insights = d.insights + asks.insights,
    contacts = d.contacts + coalesce(people.contacts, 0), accounts = d.accounts + coalesce(money.accounts, 0),
    mrr = d.mrr + coalesce(money.mrr, 0), version = d.version + 1
from asks left join people using (idea_id) left join money using (idea_id)
where d.idea_id = asks.idea_id
returning d.idea_id, d.workspace_id, d.votes, d.insights, d.contacts, d.accounts, d.mrr, d.currency, d.version
"""
FORGET_CONTACTS = "delete from idea_contacts where idea_id = any($1::uuid[])"
FORGET_ACCOUNTS = "delete from idea_accounts where idea_id = any($1::uuid[])"
GATHER_CONTACTS = """
insert into idea_contacts (idea_id, contact_id, workspace_id, asks)
select idea_id, contact_id, workspace_id, count(*) from (
    select idea_id, contact_id, workspace_id from votes where idea_id = any($1::uuid[])
    union all
    select idea_id, contact_id, workspace_id from insights where idea_id = any($1::uuid[]) and contact_id is not null
) as asks group by idea_id, contact_id, workspace_id
"""
GATHER_ACCOUNTS = """
insert into idea_accounts (idea_id, account_id, workspace_id, contacts)
select i.idea_id, c.account_id, i.workspace_id, count(*)
from idea_contacts i join contacts c on c.id = i.contact_id
where i.idea_id = any($1::uuid[]) and c.account_id is not null group by i.idea_id, c.account_id, i.workspace_id
"""
# Raises the version only where a total moved: an event that says nothing new is not sent.
TOTAL = """
with counted as (
    select d.idea_id,
        (select count(*) from votes v where v.idea_id = d.idea_id) as votes,
        (select count(*) from insights i where i.idea_id = d.idea_id) as insights,
        (select count(*) from idea_contacts c where c.idea_id = d.idea_id) as contacts,
        (select count(*) from idea_accounts a where a.idea_id = d.idea_id) as accounts,
        (select coalesce(sum(a.mrr), 0) from idea_accounts o join accounts a on a.id = o.account_id
         where o.idea_id = d.idea_id) as mrr
    from demand d where d.idea_id = any($1::uuid[])
)
update demand as d set votes = n.votes, insights = n.insights, contacts = n.contacts, accounts = n.accounts,
    mrr = n.mrr, version = d.version + 1
from counted n
where d.idea_id = n.idea_id and (d.votes, d.insights, d.contacts, d.accounts, d.mrr)
    is distinct from (n.votes, n.insights, n.contacts, n.accounts, n.mrr)
returning d.idea_id, d.workspace_id, d.votes, d.insights, d.contacts, d.accounts, d.mrr, d.currency, d.version
"""
IDEAS_OF_CONTACTS = "select distinct idea_id from idea_contacts where contact_id = any($1::uuid[])"
IDEAS_OF_ACCOUNTS = "select distinct idea_id from idea_accounts where account_id = any($1::uuid[])"
GET = """
select idea_id, votes, insights, contacts, accounts, mrr, currency, version from demand where workspace_id = $1 and idea_id = $2
"""
TOP_ACCOUNTS = """
select a.id, a.external_id, a.name, a.mrr, a.plan, o.contacts
from idea_accounts o join accounts a on a.id = o.account_id
where o.workspace_id = $1 and o.idea_id = $2 order by a.mrr desc, a.id limit $3
"""
