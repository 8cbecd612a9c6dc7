"""Who is behind an idea as rows: what is to be told, what it is now, and what was told last."""

NOBODY = "00000000-0000-0000-0000-000000000000"
# One teller at a time, in all processes: what is read and told of a pair is then never older than what was told before.
ALONE = "select pg_try_advisory_xact_lock(hashtextextended('cairn.shares', 0))"
# Told without segments of contacts: by a process that knows none, which may run beside this one.
_UNSEGMENTED = "from told_shares where not figures ? 'segment_ids'"
WORK = f"""
(select 1 from share_marks order by seq limit 1) union all (select 1 from account_marks order by seq limit 1)
union all (select 1 from member_marks order by seq limit 1) union all (select 1 {_UNSEGMENTED} order by id limit 1)
"""
# From up to $1 members to what they change: an account itself; of a contact what it asks for, with the account that it
# has now. When it is moved, both accounts are marked. Of what was told without segments, some once nothing else waits.
SPREAD = f"""
with taken as (
    delete from member_marks where seq = any(array(select seq from member_marks order by seq limit $1))
    returning workspace_id, member_id
), members as (
    select distinct workspace_id, member_id from taken
), firms as (
    insert into account_marks (workspace_id, account_id)
    select m.workspace_id, a.id from members m join accounts a on a.id = m.member_id and a.workspace_id = m.workspace_id
), people as (
    insert into share_marks (workspace_id, idea_id, account_id, contact_id)
    select distinct m.workspace_id, o.idea_id, c.account_id, case when c.account_id is null then c.id end from members m
    join contacts c on c.id = m.member_id and c.workspace_id = m.workspace_id
    join idea_contacts o on o.contact_id = c.id and o.workspace_id = m.workspace_id
), others as (
    insert into share_marks (workspace_id, idea_id, account_id)
    select workspace_id, idea_id, nullif(account_id, '{NOBODY}') from (
        select id, workspace_id, idea_id, account_id {_UNSEGMENTED} order by id limit 200
    ) as t where not exists (select from (select from share_marks order by seq limit 1) as waiting)
)
select count(*) from taken
"""
# The pairs that $1 marks name, and with those marks all of the same pairs among the first $2: an idea that a crowd
# without accounts wants is looked at once for many of them.
TAKE_SHARES = f"""
with next as materialized (
    select seq, idea_id, coalesce(account_id, '{NOBODY}') as account_id from share_marks order by seq limit $2
), first as (
    select distinct idea_id, account_id from (select * from next order by seq limit $1) as n
)
delete from share_marks where seq = any(array(select seq from next join first using (idea_id, account_id)))
returning workspace_id, idea_id, account_id, contact_id
"""
TAKE_ACCOUNTS = """
delete from account_marks where seq = any(array(select seq from account_marks order by seq limit $1))
returning workspace_id, account_id
"""
# The job that keeps demand by group looks at the same: at accounts, and at contacts without one each for itself.
HAND_ON = """
insert into demand_marks (workspace_id, idea_id, holder_id)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as m (workspace_id, idea_id, holder_id)
"""

# From each pair to its people by the contacts of the account; those without an account by the contacts of the idea.
# Then each of them by its own keys: its votes for the idea and what was merged into it, which are one and the latest
# counts, its statements, unless the votes are all that it asks, and the segments that it is in itself.
FIGURES = """
with asked as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as p (workspace_id, idea_id, account_id)
), people as (
    select p.*, o.contact_id, o.asks from asked p cross join lateral (
        select o.contact_id, o.asks from contacts c
        join idea_contacts o on o.idea_id = p.idea_id and o.contact_id = c.id
        where c.account_id = p.account_id and c.workspace_id = p.workspace_id and o.workspace_id = p.workspace_id
    ) as o where p.account_id is not null
    union all
    select p.*, o.contact_id, o.asks from asked p
    join idea_contacts o on o.idea_id = p.idea_id and o.workspace_id = p.workspace_id
    join contacts c on c.id = o.contact_id and c.workspace_id = p.workspace_id and c.account_id is null
    where p.account_id is null
), heard as (
    select p.workspace_id, p.idea_id, p.account_id, v.voted_at, v.importance, v.mrr, s.statements,
        greatest(v.voted_at, s.said_at) as asked_at, array(
            select m.segment_id from (
                select segment_id from segment_members
                where member_id = p.contact_id and workspace_id = p.workspace_id offset 0
            ) as m order by m.segment_id
        ) as segment_ids
    from people p
    cross join lateral (
        select count(*) as votes, max(o.created_at) as voted_at,
            (array_agg(o.importance order by o.id desc))[1] as importance,
            (array_agg(o.mrr order by o.id desc))[1] as mrr
        from (
            select p.idea_id as id union all select i.id from ideas i
            where i.merged_root = p.idea_id and i.workspace_id = p.workspace_id
        ) as m join votes o on o.idea_id = m.id and o.contact_id = p.contact_id and o.workspace_id = p.workspace_id
    ) as v
    cross join lateral (
        select count(distinct f.id) as statements, max(f.said_at) as said_at
        from feedback f
        join insights n on n.workspace_id = p.workspace_id and n.feedback_id = f.id and n.contact_id = p.contact_id
        join ideas i on i.id = n.idea_id and i.workspace_id = p.workspace_id and i.root = p.idea_id
        where p.asks > v.votes and f.workspace_id = p.workspace_id and f.contact_id = p.contact_id
    ) as s
)
select h.workspace_id, h.idea_id, h.account_id, to_char(h.asked_at at time zone 'UTC', 'YYYY-MM') as month,
    h.importance, h.segment_ids, count(*) as contacts, count(h.voted_at) as votes,
    sum(h.statements)::bigint as insights,
    max(array[(extract(epoch from h.voted_at) * 1000000)::bigint,
              case when h.mrr > 0 or a.mrr_since <= h.voted_at then h.mrr end]) filter (where h.voted_at is not null)
        as paid
from heard h left join accounts a on a.id = h.account_id and a.workspace_id = h.workspace_id
where h.asked_at is not null
group by h.workspace_id, h.idea_id, h.account_id, month, h.importance, h.segment_ids
"""
TOLD = f"""
select t.id, t.workspace_id, t.idea_id, nullif(t.account_id, '{NOBODY}') as account_id, t.segments, t.version,
    t.figures::text as figures
from unnest($1::uuid[], $2::uuid[]) as asked (idea_id, account_id)
join told_shares t on t.idea_id = asked.idea_id and t.account_id = coalesce(asked.account_id, '{NOBODY}')
"""
KEEP = f"""
insert into told_shares (id, workspace_id, idea_id, account_id, segments, version, figures)
select id, workspace_id, idea_id, coalesce(account_id, '{NOBODY}'), segments, version, figures
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::jsonb[])
    as t (id, workspace_id, idea_id, account_id, segments, version, figures)
on conflict (id) do update set version = excluded.version, figures = excluded.figures
"""

# A customer without a row here is not told of unless one of $2 asks for it now; who is no account is nobody's.
ACCOUNTS = """
select a.id as account_id, a.workspace_id, t.version, t.figures::text as figures,
    case when a.mrr > 0 or a.mrr_since is not null then a.mrr end as mrr,
    array(
        select m.segment_id from segment_members m
        join segments s on s.id = m.segment_id and s.workspace_id = a.workspace_id and s.selects = 'accounts'
        where m.member_id = a.id and m.workspace_id = a.workspace_id order by m.segment_id
    ) as segment_ids
from accounts a left join told_accounts t on t.account_id = a.id
where a.id = any($1::uuid[]) and (t.account_id is not null or a.id = any($2::uuid[])) order by a.id
"""
KEEP_ACCOUNTS = """
insert into told_accounts (account_id, workspace_id, version, figures)
select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::jsonb[])
on conflict (account_id) do update set version = excluded.version, figures = excluded.figures
"""

# For what came into the tables by no door: all that stands behind ideas.
MARK = """
insert into share_marks (workspace_id, idea_id, account_id)
select $1, idea_id, account_id from idea_accounts where workspace_id = $1 and idea_id = any($2::uuid[])
union all select $1, idea_id, null from unnest($2::uuid[]) as i (idea_id)
"""
MARK_GROUPS = "insert into demand_marks (workspace_id, idea_id) select $1, unnest($2::uuid[])"
