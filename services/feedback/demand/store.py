"""Demand as rows: totals per idea, and who stands behind them."""

from services.feedback.demand.trend import trend, weight
from shared.events.feedback import DemandChanged
from shared.outbox import telling

# An advisory lock per workspace: shared by all who count, alone for those who change what is counted by, which is the
# account of a contact and the revenue of an account. Row locks on those would cost a write for every vote.
_PLACES = """
    select workspace_id, hashtextextended(workspace_id::text, 11) as place, alone
    from unnest($1::uuid[], $2::boolean[]) with ordinality as held (workspace_id, alone, position) order by position
"""
HOLD = f"""
select case when alone then pg_advisory_xact_lock(place) else pg_advisory_xact_lock_shared(place) end
from ({_PLACES}) as held
"""
# The same for whoever does not wait: which could not be had.
TRY_HOLD = f"""
select workspace_id from (
    select workspace_id, case
        when alone then pg_try_advisory_xact_lock(place) else pg_try_advisory_xact_lock_shared(place)
    end as had from ({_PLACES}) as held
) as tried where not had
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
_MARKED = "marked as (insert into share_marks (workspace_id, idea_id, account_id, contact_id)"
# Statements of nobody known are nobody's share, and are counted by group.
_NAMELESS = "nameless as (insert into demand_marks (workspace_id, idea_id, holder_id)"
# An idea and those that were merged into it.
_MEMBERS = "(select t.idea_id as id union all select id from ideas where merged_root = t.idea_id) as m"
# Votes of one contact for merged ideas count once, and so do links from one statement: with the first, and no longer
# with the last. What was stored or withdrawn is so by now, so what stands tells which those are.
_UNITED = """
sum(
    case when t.step > 0 and n.standing = t.step then 1 when t.step < 0 and n.standing = 0 then -1 else 0 end
) as step
"""
# The last vote that the contact had for any of them before: what came is among those that stand, what went is not.
_BEFORE = "case when t.step > 0 then n.others else greatest(n.last, t.cast_at) end"
# From asks to people, from people to accounts, from accounts to money; and told of (DemandChanged) at once, since every
# vote and every delivery comes this way.
COUNT = f"""
with asked as (
    select a.workspace_id, (select root from ideas where id = a.idea_id and workspace_id = a.workspace_id) as idea_id,
        a.idea_id as named, a.contact_id, a.feedback_id, a.votes, a.insights, a.cast_at, a.traceparent, a.event_id
    from unnest($1::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::uuid[], $8::timestamptz[], $9::text[],
        $10::uuid[])
        as a (workspace_id, idea_id, contact_id, votes, insights, feedback_id, cast_at, traceparent, event_id)
), wishes as (
    select idea_id, contact_id, workspace_id, sum(votes + insights) as step from asked
    where contact_id is not null group by idea_id, contact_id, workspace_id
), {_PEOPLE}, {_ACCOUNTS}, voices as (
    select t.idea_id, {_UNITED}, sum({weight("n.last")} - {weight(_BEFORE)}) as heat
    from (
        select idea_id, contact_id, sum(votes) as step, array_agg(named) as named, max(cast_at) as cast_at from asked
        where votes <> 0 group by idea_id, contact_id
    ) as t cross join lateral (
        select count(*) as standing, max(o.created_at) as last,
            max(o.created_at) filter (where o.idea_id <> all(t.named)) as others
        from {_MEMBERS} join votes o on o.idea_id = m.id and o.contact_id = t.contact_id
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
    select idea_id, workspace_id, sum(insights) filter (where feedback_id is null) as insights,
        max(traceparent) as traceparent, (array_agg(event_id))[1] as event_id
    from asked group by idea_id, workspace_id
), {_MARKED}
    select distinct a.workspace_id, a.idea_id, c.account_id, case when c.account_id is null then a.contact_id end
    from asked a cross join lateral (select account_id from contacts where id = a.contact_id limit 1) as c
), {_NAMELESS}
    select workspace_id, idea_id, feedback_id from asked where contact_id is null and feedback_id is not null
), changed as (
    update demand as d set
        votes = d.votes + coalesce(voices.step, 0), heat = d.heat + coalesce(voices.heat, 0),
        insights = d.insights + coalesce(links.step, 0) + coalesce(asks.insights, 0),
        contacts = d.contacts + coalesce(heads.contacts, 0), accounts = d.accounts + coalesce(money.accounts, 0),
        mrr = d.mrr + coalesce(money.mrr, 0), version = d.version + 1
    from asks left join heads using (idea_id) left join money using (idea_id) left join voices using (idea_id)
    left join links using (idea_id)
    where d.idea_id = asks.idea_id and d.workspace_id = asks.workspace_id
    returning {_DEMAND}, asks.event_id, asks.traceparent
), news as (
    select idea_id as id, workspace_id, version, event_id, '{DemandChanged.type}' as event_type, traceparent,
        concat('{{"workspace_id":"', workspace_id, '","version":', version, ',"idea_id":"', idea_id,
            '","votes":', votes, ',"insights":', insights, ',"contacts":', contacts, ',"accounts":', accounts,
            ',"mrr":', mrr, ',"currency":', to_json(currency), '}}')::json as event
    from changed
), {telling("news", "version")}
select 1
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
    select count(*) filter (where v.others is null) as votes,
        coalesce(sum({weight("greatest(v.last, v.others)")} - {weight("v.others")}), 0) as heat
    from (
        select v.contact_id, max(v.created_at) as last, (
            select max(o.created_at) from votes o where o.idea_id = any($4::uuid[]) and o.contact_id = v.contact_id
        ) as others
        from votes v where v.workspace_id = $2 and v.idea_id = any($3) group by v.contact_id
    ) as v
), links as (
    select count(distinct v.feedback_id) as insights from insights v
    where v.workspace_id = $2 and v.idea_id = any($3) and not exists (
        select from insights o where o.workspace_id = $2 and o.feedback_id = v.feedback_id and o.idea_id = any($4)
    )
), {_MARKED}
    select distinct w.workspace_id, w.idea_id, c.account_id, case when c.account_id is null then w.contact_id end
    from wishes w join contacts c on c.id = w.contact_id
), {_NAMELESS}
    select distinct $2, $1, feedback_id from insights
    where workspace_id = $2 and idea_id = any($3) and contact_id is null
)
update demand as d set
    votes = d.votes + $5 * voices.votes, heat = d.heat + $5 * voices.heat,
    insights = d.insights + $5 * links.insights,
    contacts = d.contacts + coalesce((select contacts from heads), 0),
    accounts = d.accounts + coalesce((select accounts from money), 0),
    mrr = d.mrr + coalesce((select mrr from money), 0), version = d.version + 1
from voices, links where d.workspace_id = $2 and d.idea_id = $1 returning {_DEMAND}
"""
CARRY = f"""
with sides as (
    select c.idea_id, s.account_id, c.workspace_id, c.contact_id, s.step
    from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as moved (contact_id, before, after)
    join idea_contacts c on c.contact_id = moved.contact_id
    cross join lateral (values (moved.before, -1), (moved.after, 1)) as s (account_id, step)
), belonging as (
    select idea_id, account_id, workspace_id, sum(step) as step from sides
    where account_id is not null group by idea_id, account_id, workspace_id
), {_MARKED}
    select distinct workspace_id, idea_id, account_id, case when account_id is null then contact_id end from sides
), {_ACCOUNTS}
update demand as d set accounts = d.accounts + money.accounts, mrr = d.mrr + money.mrr, version = d.version + 1
from money where d.idea_id = money.idea_id and (money.accounts <> 0 or money.mrr <> 0) returning {_DEMAND}
"""
# What an account asks for is what its contacts ask for: no index of accounts for each vote to write in.
SHIFT = f"""
with asked as (
    select distinct s.account_id, s.step, o.idea_id
    from unnest($1::uuid[], $2::bigint[]) as s (account_id, step)
    join contacts c on c.account_id = s.account_id join idea_contacts o on o.contact_id = c.id
), shift as (
    select idea_id, sum(step) as step from asked group by idea_id
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

# Where an idea is shown in another product, so is everybody who asks for it.
REMARK = """
insert into demand_marks (workspace_id, idea_id, holder_id)
select $1, $2, account_id from idea_accounts where workspace_id = $1 and idea_id = $2
union all
select $1, $2, o.contact_id from idea_contacts o join contacts c on c.id = o.contact_id and c.account_id is null
where o.workspace_id = $1 and o.idea_id = $2
union all
select distinct $1::uuid, $2::uuid, n.feedback_id from insights n
where n.workspace_id = $1 and n.contact_id is null
  and n.idea_id in (select $2 union all select id from ideas where workspace_id = $1 and merged_root = $2)
"""

# In one order for all; what is newer there stays, whoever else has looked meanwhile.
RANK = f"""
insert into demand_ranks as r (idea_id, workspace_id, votes, accounts, mrr, trend, version)
select idea_id, workspace_id, votes, accounts, mrr, {trend("heat")}, version from demand
where idea_id = any($1::uuid[]) order by idea_id
on conflict (idea_id) do update set votes = excluded.votes, accounts = excluded.accounts, mrr = excluded.mrr,
    trend = excluded.trend, version = excluded.version
where r.version < excluded.version
"""
# Counted anew from the votes, each contact's last for an idea and what was merged into it.
WARM = f"""
with warmed as (
    update demand d set heat = n.heat from (
        select i.id as idea_id, (
            select coalesce(sum({weight("v.last")}), 0) from (
                select max(v.created_at) as last from (
                    select i.id union all select m.id from ideas m where m.workspace_id = $1 and m.merged_root = i.id
                ) as m join votes v on v.workspace_id = $1 and v.idea_id = m.id group by v.contact_id
            ) as v
        ) as heat
        from ideas i where i.workspace_id = $1 and i.id = any($2::uuid[]) and i.merged_root is null
    ) as n where d.workspace_id = $1 and d.idea_id = n.idea_id returning d.idea_id, d.heat
)
update demand_ranks r set trend = {trend("w.heat")} from warmed w where r.workspace_id = $1 and r.idea_id = w.idea_id
"""
