"""Demand policies, what ideas weigh under them, and what is still to be weighed, as rows."""

_POLICY = """id, name, parameters::text as parameters, month, revision, version, created_at,
    (select w.id from weighings w where w.policy_id = demand_policies.id) as rescoring_id"""
COUNT = "select count(*) from demand_policies where workspace_id = $1"
ADD = f"""
insert into demand_policies (id, workspace_id, name, parameters, month) values ($2, $1, $3, $4, $5)
on conflict (workspace_id, name) do nothing returning {_POLICY}
"""
GET = f"select {_POLICY} from demand_policies where workspace_id = $1 and id = $2"
LIST = f"select {_POLICY} from demand_policies where workspace_id = $1 and id > $2 order by id limit $3"
ALL = f"select {_POLICY} from demand_policies where workspace_id = $1 order by id"
NAMED = f"""
select p.* from unnest($2::uuid[]) with ordinality as asked (id, place) cross join lateral (
    select {_POLICY} from demand_policies where id = asked.id and workspace_id = $1 limit 1
) as p order by asked.place
"""
NAME_TAKEN = "select 1 from demand_policies where workspace_id = $1 and name = $2 and id <> $3"
UPDATE = """
update demand_policies set name = $3, parameters = $4, month = $5, revision = $6, version = version + 1
where workspace_id = $1 and id = $2
"""
DELETE = """
with gone as (delete from demand_policies where workspace_id = $1 and id = $2 returning id),
weights_gone as (delete from weights w using gone where w.workspace_id = $1 and w.policy_id = gone.id)
select count(*) from gone
"""
REVISE = """
insert into demand_policy_revisions (workspace_id, policy_id, revision, parameters) values ($1, $2, $3, $4)
"""
REVISIONS = """
select revision, parameters::text as parameters, created_at from demand_policy_revisions
where workspace_id = $1 and policy_id = $2 and revision < $3 order by revision desc limit $4
"""
# A policy is named by rules anywhere in a model's parameters.
_NAMES = "jsonb_path_exists(m.parameters, '$.**.policy_id ? (@ == $id)', jsonb_build_object('id', p.id::text))"
USED_BY = f"""
select m.name from models m join demand_policies p on p.workspace_id = m.workspace_id and p.id = $2
where m.workspace_id = $1 and {_NAMES} order by m.id limit 1
"""
MODELS = f"""
select distinct m.id from models m join demand_policies p on p.workspace_id = m.workspace_id and p.id = any($2::uuid[])
where m.workspace_id = $1 and m.active and {_NAMES} order by m.id
"""
KNOWN_SEGMENTS = """
select segment_id from segments where workspace_id = $1 and segment_id = any($2::uuid[]) and not deleted
"""

# What is to be weighed ---------------------------------------------------------------------------------------------

# Only where there is a policy: who makes one holds the workspace alone, so it is known to all that come after it, and
# it weighs all that was there before. An update where it is noted already: whoever weighs that idea at this moment then
# waits, and reads what this transaction wrote.
MARK = """
insert into unweighed (idea_id, workspace_id, event_id, traceparent, marked_at)
select distinct on (n.idea_id) n.idea_id, n.workspace_id, n.event_id, n.traceparent, clock_timestamp()
from (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
        as s (workspace_id, idea_id, event_id, traceparent)
    union all
    select a.workspace_id, s.idea_id, a.event_id, a.traceparent
    from unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::text[]) as a (workspace_id, account_id, event_id, traceparent)
    join shares s on s.account_id = a.account_id and s.workspace_id = a.workspace_id and s.contacts > 0
) as n
where exists (select from demand_policies p where p.workspace_id = n.workspace_id)
order by n.idea_id, n.event_id desc
on conflict (idea_id) do update set event_id = excluded.event_id, traceparent = excluded.traceparent
"""
# Of how much there is to look at, the demand tells roughly.
_SIZE = """coalesce((
    select d.contacts from demand d where d.idea_id = u.idea_id and d.workspace_id = u.workspace_id
), 1) as size"""
OLDEST = f"select u.workspace_id, u.idea_id, {_SIZE} from unweighed u order by u.marked_at limit $1"
# In the order in which they are marked, so that nobody waits in a circle.
TAKE = """
with held as (
    select idea_id from unweighed where workspace_id = $1 and idea_id = any($2::uuid[]) order by idea_id for update
)
delete from unweighed u using held where u.idea_id = held.idea_id
returning u.idea_id, u.event_id, u.traceparent
"""
# From idea to idea by the index, however many accounts each has.
IDEAS_AFTER = f"""
with recursive walk as (
    (select idea_id from shares where workspace_id = $1 and idea_id > $2 order by idea_id limit 1)
    union all
    select (
        select s.idea_id from shares s where s.workspace_id = $1 and s.idea_id > w.idea_id order by s.idea_id limit 1
    ) from walk w where w.idea_id is not null
), few as (select idea_id, $1::uuid as workspace_id from walk where idea_id is not null limit $3)
select u.idea_id, {_SIZE} from few u order by u.idea_id
"""
# The month as `month_now` counts it.
WORK = """
(select 1 from unweighed order by marked_at limit 1)
union all (select 1 from weighings where state in ('waiting', 'running') order by policy_id limit 1)
union all select 1 from demand_policies
where month < (select extract(year from t) * 12 + extract(month from t) - 1 from timezone('UTC', now()) as t)::int
"""
AGED = "select id, workspace_id from demand_policies where month < $1 limit 1"
AGE = """
update demand_policies set month = $3 where workspace_id = $1 and id = $2 and month < $3 returning id
"""

# Weighing --------------------------------------------------------------------------------------------------------

SHARES = """
select s.*, a.mrr, a.segment_ids, a.event_id as account_event_id
from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select idea_id, account_id, contacts, votes, insights, nice, important, critical, months, asked, mrr_at_vote,
           segment_ids as contact_segment_ids, event_id, share_id
    from shares where workspace_id = $1 and idea_id = asked.idea_id offset 0
) as s
left join lateral (
    select mrr, segment_ids, event_id from accounts where account_id = s.account_id and workspace_id = $1 limit 1
) as a on true
order by s.idea_id, s.account_id nulls last, s.share_id
"""
# The version tells that anything of the weight is otherwise, the newest event that it rests on included.
WRITE = """
with given as (
    select * from unnest(
        $2::uuid[], $3::uuid[], $4::bigint[], $5::int[], $6::text[], $7::float8[], $8::float8[], $9::int[], $10::int[],
        $11::jsonb[], $12::jsonb[], $13::uuid[])
        as g (policy_id, idea_id, revision, month, state, value, cut, accounts, contacts, largest, unknown, event_id)
)
insert into weights as w (workspace_id, policy_id, idea_id, revision, month, state, value, cut, accounts, contacts,
                          largest, unknown, event_id, version, computed_at)
select $1, policy_id, idea_id, revision, month, state, value, cut, accounts, contacts, largest, unknown, event_id, 1,
       now()
from given order by idea_id, policy_id
on conflict (workspace_id, idea_id, policy_id) do update set
    revision = excluded.revision, month = excluded.month, state = excluded.state, value = excluded.value,
    cut = excluded.cut, accounts = excluded.accounts, contacts = excluded.contacts, largest = excluded.largest,
    unknown = excluded.unknown, event_id = excluded.event_id, version = w.version + 1, computed_at = now()
where (w.revision, w.month, w.state, w.value, w.cut, w.accounts, w.contacts, w.largest, w.unknown, w.event_id)
    is distinct from (excluded.revision, excluded.month, excluded.state, excluded.value, excluded.cut,
                      excluded.accounts, excluded.contacts, excluded.largest, excluded.unknown, excluded.event_id)
returning policy_id, idea_id
"""
STORED = """
select w.* from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select policy_id, idea_id, revision, month, state, value, cut, accounts, contacts, largest::text as largest,
           unknown::text as unknown, event_id
    from weights where workspace_id = $1 and idea_id = asked.idea_id offset 0
) as w
"""

# Looking at it ---------------------------------------------------------------------------------------------------

_WEIGHT = """w.idea_id, i.title, i.kind, i.status, w.policy_id, w.revision, w.state, w.value, w.cut, w.accounts,
    w.contacts, w.largest::text as largest, w.unknown::text as unknown, w.computed_at"""
_OF_IDEA = """
cross join lateral (
    select title, kind, status, archived from ideas where idea_id = w.idea_id and workspace_id = w.workspace_id limit 1
) as i
"""
RANKED = f"""
select {_WEIGHT} from weights w {_OF_IDEA}
where w.workspace_id = $1 and w.policy_id = $2 and not i.archived and (w.value, w.idea_id) < ($3::float8, $4::uuid)
order by w.value desc, w.idea_id desc limit $5
"""
NOT_WEIGHED = f"""
select {_WEIGHT} from weights w {_OF_IDEA}
where w.workspace_id = $1 and w.policy_id = $2 and not i.archived and w.value is null and w.idea_id < $3::uuid
order by w.idea_id desc limit $4
"""
KEPT = "select value from weights where workspace_id = $1 and policy_id = $2 and idea_id = $3"
