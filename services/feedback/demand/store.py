"""Demand as rows: totals per idea, and who stands behind them."""

# An advisory lock per workspace: shared by all who count, alone for those who change what is counted by, which is the
# account of a contact and the revenue of an account. Row locks on those would cost a write for every vote.
HOLD = """
select case when alone then pg_advisory_xact_lock(place) else pg_advisory_xact_lock_shared(place) end
from (
    select hashtextextended(workspace_id::text, 11) as place, alone
    from unnest($1::uuid[], $2::boolean[]) with ordinality as held (workspace_id, alone, position) order by position
) as held
"""
# One order for everybody, so that batches wait and never deadlock. What is asked of a merged idea counts for its root.
LOCK = """
select idea_id from demand where idea_id = any(array(select root from ideas where id = any($1::uuid[])))
order by idea_id for update
"""
OPEN = "insert into demand (idea_id, workspace_id, currency) values ($1, $2, $3)"
OPEN_MANY = "insert into demand (idea_id, workspace_id, currency) select unnest($1::uuid[]), $2, $3"

_DEMAND = "d.idea_id, d.workspace_id, d.votes, d.insights, d.contacts, d.accounts, d.mrr, d.currency, d.version"
# `belonging` says how many contacts of an account came to an idea or went from it; an account counts with the first and
# no longer with the last. xmax = 0 tells a row that was inserted from one that was there.
_ACCOUNTS = """
joined as (
    insert into idea_accounts (idea_id, account_id, workspace_id, contacts)
    select idea_id, account_id, workspace_id, step from belonging where step > 0
    on conflict (idea_id, account_id) do update set contacts = idea_accounts.contacts + excluded.contacts
    returning idea_id, account_id, case when xmax = 0 then 1 else 0 end as step
), thinned as (
    update idea_accounts as a set contacts = a.contacts + b.step from belonging b
    where b.step < 0 and a.idea_id = b.idea_id and a.account_id = b.account_id and a.contacts + b.step > 0
), parted as (
    delete from idea_accounts as a using belonging b
    where b.step < 0 and a.idea_id = b.idea_id and a.account_id = b.account_id and a.contacts + b.step <= 0
    returning a.idea_id, a.account_id, -1 as step
), money as (
    select paid.idea_id, sum(paid.step) as accounts, sum(paid.step * a.mrr) as mrr
    from (select * from joined union all select * from parted) as paid
    join accounts a on a.id = paid.account_id where paid.step <> 0 group by paid.idea_id
)
"""
# From asks to people. `wishes` says how many asks of a contact came to an idea or went from it.
_PEOPLE = """
came as (
    insert into idea_contacts (idea_id, contact_id, workspace_id, asks)
    select idea_id, contact_id, workspace_id, step from wishes where step > 0
    on conflict (idea_id, contact_id) do update set asks = idea_contacts.asks + excluded.asks
    returning idea_id, contact_id, workspace_id, case when xmax = 0 then 1 else 0 end as step
), cooled as (
    update idea_contacts as c set asks = c.asks + w.step from wishes w
    where w.step < 0 and c.idea_id = w.idea_id and c.contact_id = w.contact_id and c.asks + w.step > 0
), went as (
    delete from idea_contacts as c using wishes w
    where w.step < 0 and c.idea_id = w.idea_id and c.contact_id = w.contact_id and c.asks + w.step <= 0
    returning c.idea_id, c.contact_id, c.workspace_id, -1 as step
), people as (
    select * from came where step <> 0 union all select * from went
), heads as (
    select idea_id, sum(step) as contacts from people group by idea_id
), belonging as (
    select p.idea_id, c.account_id, p.workspace_id, sum(p.step) as step
    from people p join contacts c on c.id = p.contact_id
    where c.account_id is not null group by p.idea_id, c.account_id, p.workspace_id
)
"""
# Other services hear of accounts later, from a job (`shares`): here is only noted of which. With the account that a
# contact has now: when it moves, both are noted. Looked up by its key, whatever the planner believes of a table that
# grows faster than its statistics.
_MARKED = "marked as (insert into share_marks (workspace_id, idea_id, account_id)"
# An idea and those that were merged into it.
_MEMBERS = "(select t.idea_id as id union all select id from ideas where merged_root = t.idea_id) as m"
# Votes of one contact for merged ideas count once, and so do links from one statement: with the first, and no longer
# with the last. What was stored or withdrawn is so by now, so what stands tells which those are.
_UNITED = """
sum(
    case when t.step > 0 and n.standing = t.step then 1 when t.step < 0 and n.standing = 0 then -1 else 0 end
) as step
"""
# From asks to people, from people to accounts, from accounts to money.
COUNT = f"""
with asked as (
    select a.workspace_id, (select root from ideas where id = a.idea_id) as idea_id, a.idea_id as named, a.contact_id,
        a.feedback_id, a.votes, a.insights
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::uuid[])
        as a (workspace_id, idea_id, contact_id, votes, insights, feedback_id)
), wishes as (
    select idea_id, contact_id, workspace_id, sum(votes + insights) as step from asked
    where contact_id is not null group by idea_id, contact_id, workspace_id
), {_PEOPLE}, {_ACCOUNTS}, voices as (
    select t.idea_id, {_UNITED}
    from (
        select idea_id, contact_id, sum(votes) as step from asked where votes <> 0 group by idea_id, contact_id
    ) as t cross join lateral (
        select count(*) as standing from {_MEMBERS} join votes o on o.idea_id = m.id and o.contact_id = t.contact_id
    ) as n group by t.idea_id
), links as (
    select t.idea_id, {_UNITED}
    from (
        select idea_id, workspace_id, feedback_id, sum(insights) as step from asked
        where feedback_id is not null group by idea_id, workspace_id, feedback_id
    ) as t cross join lateral (
        select count(*) as standing from {_MEMBERS}
        join insights o on o.workspace_id = t.workspace_id and o.feedback_id = t.feedback_id and o.idea_id = m.id
    ) as n group by t.idea_id
), asks as (
    select idea_id, (array_agg(named))[1] as named, sum(insights) filter (where feedback_id is null) as insights
    from asked group by idea_id
), {_MARKED}
    select distinct a.workspace_id, a.idea_id, c.account_id
    from asked a cross join lateral (select account_id from contacts where id = a.contact_id limit 1) as c
)
update demand as d set
    votes = d.votes + coalesce(voices.step, 0),
    insights = d.insights + coalesce(links.step, 0) + coalesce(asks.insights, 0),
    contacts = d.contacts + coalesce(heads.contacts, 0), accounts = d.accounts + coalesce(money.accounts, 0),
    mrr = d.mrr + coalesce(money.mrr, 0), version = d.version + 1
from asks left join heads using (idea_id) left join money using (idea_id) left join voices using (idea_id)
left join links using (idea_id)
where d.idea_id = asks.idea_id returning {_DEMAND}, asks.named
"""
# All that is asked of the ideas $3 comes to $1 or goes from it ($5: 1 or -1); $4 are the other ideas that count there.
UNITE = f"""
with wishes as (
    select $1::uuid as idea_id, contact_id, $2::uuid as workspace_id, $5::int * count(*) as step
    from (
        select contact_id from votes where workspace_id = $2 and idea_id = any($3::uuid[])
        union all
        select contact_id from insights where workspace_id = $2 and idea_id = any($3) and contact_id is not null
    ) as asks group by contact_id
), {_PEOPLE}, {_ACCOUNTS}, voices as (
    select count(distinct v.contact_id) as votes from votes v
    where v.workspace_id = $2 and v.idea_id = any($3)
      and not exists (select from votes o where o.idea_id = any($4::uuid[]) and o.contact_id = v.contact_id)
), links as (
    select count(distinct v.feedback_id) as insights from insights v
    where v.workspace_id = $2 and v.idea_id = any($3) and not exists (
        select from insights o where o.workspace_id = $2 and o.feedback_id = v.feedback_id and o.idea_id = any($4)
    )
), {_MARKED}
    select distinct w.workspace_id, w.idea_id, c.account_id from wishes w join contacts c on c.id = w.contact_id
)
update demand as d set
    votes = d.votes + $5 * voices.votes, insights = d.insights + $5 * links.insights,
    contacts = d.contacts + coalesce((select contacts from heads), 0),
    accounts = d.accounts + coalesce((select accounts from money), 0),
    mrr = d.mrr + coalesce((select mrr from money), 0), version = d.version + 1
from voices, links where d.workspace_id = $2 and d.idea_id = $1 returning {_DEMAND}
"""
CARRY = f"""
with sides as (
    select c.idea_id, s.account_id, c.workspace_id, s.step
    from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as moved (contact_id, before, after)
    join idea_contacts c on c.contact_id = moved.contact_id
    cross join lateral (values (moved.before, -1), (moved.after, 1)) as s (account_id, step)
), belonging as (
    select idea_id, account_id, workspace_id, sum(step) as step from sides
    where account_id is not null group by idea_id, account_id, workspace_id
), {_MARKED}
    select distinct workspace_id, idea_id, account_id from sides
), {_ACCOUNTS}
update demand as d set accounts = d.accounts + money.accounts, mrr = d.mrr + money.mrr, version = d.version + 1
from money where d.idea_id = money.idea_id and (money.accounts <> 0 or money.mrr <> 0) returning {_DEMAND}
"""
SHIFT = f"""
with shift as (
    select o.idea_id, sum(s.step) as step
    from unnest($1::uuid[], $2::bigint[]) as s (account_id, step) join idea_accounts o on o.account_id = s.account_id
    group by o.idea_id
)
update demand as d set mrr = d.mrr + shift.step, version = d.version + 1
from shift where d.idea_id = shift.idea_id and shift.step <> 0 returning {_DEMAND}
"""
GET = """
select idea_id, votes, insights, contacts, accounts, mrr, currency, version from demand
where workspace_id = $1 and idea_id = $2
"""
TOTALS = """
select idea_id, votes, insights, contacts, accounts, mrr from demand
where workspace_id = $1 and idea_id = any($2::uuid[])
"""
TOP_ACCOUNTS = """
select a.id, a.external_id, a.name, a.mrr, a.plan, o.contacts
from idea_accounts o join accounts a on a.id = o.account_id
where o.workspace_id = $1 and o.idea_id = $2 order by a.mrr desc, a.id limit $3
"""

# What is summed up below is held in memory, not on disk: until the end of the transaction.
ROOMY = "select set_config('work_mem', '64MB', true)"
# An idea and those that were merged into it.
BEHIND = """
select d.currency, array(select $2::uuid union all select id from ideas where workspace_id = $1 and merged_root = $2)
    as asked, (select merged_root from ideas where workspace_id = $1 and id = $2) as merged_root
from demand d where d.workspace_id = $1 and d.idea_id = $2
"""
# Who asks for some ideas ($2), each time that they do: a contact's votes for merged ideas are one, and so are links
# from one statement. Revenue is known of votes only: it was written down with them.
_ASKS = """
asks as (
    (
        select distinct on (v.contact_id) v.contact_id, 1 as votes, 0 as insights, v.created_at as asked_at,
            v.mrr as paid
        from votes v where v.workspace_id = $1 and v.idea_id = any($2::uuid[]) order by v.contact_id, v.id desc
    )
    union all
    (
        select distinct on (n.feedback_id) n.contact_id, 0, 1, n.created_at, null
        from insights n where n.workspace_id = $1 and n.idea_id = any($2::uuid[]) order by n.feedback_id, n.id
    )
)
"""
_ASKS_TOLD = """
asks as (
    (
        select distinct on (v.contact_id) v.contact_id, 1 as votes, 0 as insights, v.created_at as asked_at,
            v.mrr as paid, v.source, i.product_id
        from votes v join ideas i on i.workspace_id = $1 and i.id = v.idea_id
        where v.workspace_id = $1 and v.idea_id = any($2::uuid[]) order by v.contact_id, v.id desc
    )
    union all
    (
        select distinct on (n.feedback_id) n.contact_id, 0, 1, f.said_at, null, f.source,
            coalesce(f.product_id, i.product_id)
        from insights n join ideas i on i.workspace_id = $1 and i.id = n.idea_id
        join feedback f on f.workspace_id = $1 and f.id = n.feedback_id
        where n.workspace_id = $1 and n.idea_id = any($2::uuid[]) order by n.feedback_id, n.id
    )
)
"""
# `vote`: when the contact voted last, and what its account paid then. The largest array is the latest one.
_SUMS = """
sum(votes)::bigint as votes, sum(insights)::bigint as insights,
max(array[(extract(epoch from asked_at) * 1000000)::bigint, paid]) filter (where votes > 0) as vote
"""
# From a row for each contact in each group (`placed`, a null contact for those that nobody knows) to the group's
# figures, each level for itself. An account that came into a group without a vote has no revenue of that time.
_FIGURES = """
heads as (
    select key, name, sum(votes)::bigint as votes, sum(insights)::bigint as insights, count(contact_id) as contacts
    from placed group by key, name
), firms as (
    select p.key, p.account_id, (max(p.vote))[2] as paid
    from placed p where p.account_id is not null group by p.key, p.account_id
), ranked as (
    select f.key, f.paid, a.mrr, a.name, row_number() over (partition by f.key order by a.mrr desc, a.id) as place
    from firms f join accounts a on a.id = f.account_id and a.workspace_id = $1
), money as (
    select key, count(*) as accounts, sum(mrr)::bigint as mrr, coalesce(sum(paid), 0)::bigint as mrr_at_vote,
        count(*) filter (where paid is null) as accounts_without_vote,
        array_agg(name order by place) filter (where place <= 3) as top_accounts
    from ranked group by key
)
select h.key, h.name, h.votes, h.insights, h.contacts, coalesce(m.accounts, 0) as accounts,
    coalesce(m.mrr, 0)::bigint as mrr, coalesce(m.mrr_at_vote, 0)::bigint as mrr_at_vote,
    coalesce(m.accounts_without_vote, 0) as accounts_without_vote, coalesce(m.top_accounts, '{}') as top_accounts
from heads h left join money m on m.key is not distinct from h.key
"""
# Joined before it is grouped: the planner knows how many asks there are, and not how many people.
_PLACED = f"""
placed as (
    select {{key}} as key, {{name}} as name, a.contact_id, c.account_id, {_SUMS}
    from asks a
    left join contacts c on c.id = a.contact_id and c.workspace_id = $1
    left join accounts f on f.id = c.account_id and f.workspace_id = $1
    {{more}}
    group by 1, 2, a.contact_id, c.account_id
)
"""
_NAMELESS = "null::text"
SPLIT_ALL = f"with {_ASKS}, {_PLACED.format(key=_NAMELESS, name=_NAMELESS, more='')}, {_FIGURES}"
SPLIT_BY_PLAN = f"with {_ASKS}, {_PLACED.format(key='f.plan', name=_NAMELESS, more='')}, {_FIGURES}"
_IN_SEGMENTS = """
left join belonging b on b.contact_id = a.contact_id
left join segments s on s.id = b.segment_id and s.workspace_id = $1
"""
SPLIT_BY_SEGMENT = f"""
with {_ASKS}, people as materialized (
    select contact_id from asks where contact_id is not null group by contact_id
), belonging as (
    select p.contact_id, m.segment_id from people p join segment_members m on m.member_id = p.contact_id
    where m.workspace_id = $1
    union all
    select p.contact_id, m.segment_id from people p join contacts c on c.id = p.contact_id
    join segment_members m on m.member_id = c.account_id where c.workspace_id = $1 and m.workspace_id = $1
), {_PLACED.format(key="s.key", name="s.name", more=_IN_SEGMENTS)}, {_FIGURES}
"""
_MONTH = "to_char(a.asked_at at time zone 'UTC', 'YYYY-MM')"
SPLIT_BY_MONTH = f"with {_ASKS_TOLD}, {_PLACED.format(key=_MONTH, name=_NAMELESS, more='')}, {_FIGURES}"
SPLIT_BY_SOURCE = f"with {_ASKS_TOLD}, {_PLACED.format(key='a.source', name=_NAMELESS, more='')}, {_FIGURES}"
_OF_PRODUCTS = "left join products r on r.id = a.product_id and r.workspace_id = $1"
SPLIT_BY_PRODUCT = f"with {_ASKS_TOLD}, {_PLACED.format(key='r.key', name='r.name', more=_OF_PRODUCTS)}, {_FIGURES}"
# $3, $4: revenue and id of the last account of the page before; $5: as many.
SPLIT_BY_ACCOUNT = f"""
with {_ASKS}, people as (
    select a.contact_id, c.account_id, {_SUMS}
    from asks a join contacts c on c.id = a.contact_id and c.workspace_id = $1
    where c.account_id is not null group by a.contact_id, c.account_id
), firms as (
    select p.account_id, sum(p.votes)::bigint as votes, sum(p.insights)::bigint as insights, count(*) as contacts,
        (max(p.vote))[2] as paid
    from people p group by p.account_id
)
select a.external_id as key, a.name, a.id as account_id, f.votes, f.insights, f.contacts, 1::bigint as accounts, a.mrr,
    coalesce(f.paid, 0) as mrr_at_vote, (f.paid is null)::int::bigint as accounts_without_vote,
    array[a.name] as top_accounts
from firms f join accounts a on a.id = f.account_id and a.workspace_id = $1
where $3::bigint is null or (a.mrr, a.id) < ($3, $4::uuid) order by a.mrr desc, a.id desc limit $5
"""
