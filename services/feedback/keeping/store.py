"""Demand by group, kept: the statements of the job that keeps it."""

from services.feedback.breakdowns.derivation import FIGURES, KINDS, asks, parts, scopes_of, sums

START = "00000000-0000-0000-0000-000000000000"
# One keeper at a time, in all processes: parts are taken out and put in again, which rivals would do twice.
ALONE = "select pg_try_advisory_xact_lock(hashtextextended('cairn.breakdowns', 0))"
WORK = """
(select 1 from demand_marks order by seq limit 1)
union all select 1 from demand_kept where fill_from is not null
"""
TAKE = """
delete from demand_marks where seq = any(array(select seq from demand_marks order by seq limit $1))
returning workspace_id, idea_id, holder_id
"""
# What is large enough ($2: votes and insights) of what was marked ($1), and not kept yet.
BEGIN = f"""
insert into demand_kept (scope_id, workspace_id, fill_from)
select idea_id, workspace_id, '{START}' from demand
where idea_id = any($1::uuid[]) and votes + insights > $2
  and not exists (select from demand_kept k where k.scope_id = demand.idea_id)
on conflict do nothing
"""
BEGIN_WORKSPACE = f"""
insert into demand_kept (scope_id, workspace_id, fill_from)
select w.id, w.id, '{START}' from unnest($1::uuid[]) as w (id)
where not exists (select from demand_kept k where k.scope_id = w.id) and (
    (select count(*) from (select from votes v where v.workspace_id = w.id limit $2 + 1) as v)
    + (select count(*) from (select from insights n where n.workspace_id = w.id limit $2 + 1) as n)
) > $2
on conflict do nothing
"""
# A mark without a holder: everybody behind the idea, from the first.
AGAIN = f"update demand_kept set fill_from = '{START}' where scope_id = any($1::uuid[])"
# From marks to (scope, holder): an idea that is kept, and the workspace. A contact that has joined an account since may
# have left a part of its own behind.
PAIRS = """
with marked as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as m (workspace_id, idea_id, holder_id)
), holders as (
    select * from marked
    union
    select m.workspace_id, m.idea_id, c.account_id from marked m
    join contacts c on c.id = m.holder_id and c.workspace_id = m.workspace_id where c.account_id is not null
)
select h.workspace_id, k.scope_id, h.holder_id from holders h
cross join lateral (values (h.idea_id), (h.workspace_id)) as s (scope_id)
join demand_kept k on k.scope_id = s.scope_id and k.workspace_id = h.workspace_id
union
select h.workspace_id, k.scope_id, h.holder_id from holders h
join contacts c on c.account_id = h.holder_id and c.workspace_id = h.workspace_id
join idea_contacts o on o.contact_id = c.id and o.workspace_id = h.workspace_id
join demand_kept k on k.scope_id = o.idea_id and k.workspace_id = h.workspace_id where h.idea_id is null
union
select h.workspace_id, k.scope_id, h.holder_id from holders h
join idea_contacts o on o.contact_id = h.holder_id and o.workspace_id = h.workspace_id
join demand_kept k on k.scope_id = o.idea_id and k.workspace_id = h.workspace_id where h.idea_id is null
"""

# $2, $3: scopes and the holders whose parts in them are looked at. What is kept of the workspace is so of its products.
_SCOPES = """(
select t.scope_id, t.holder_id from unnest($2::uuid[], $3::uuid[]) as t (scope_id, holder_id)
union all
select r.id, t.holder_id from unnest($2::uuid[], $3::uuid[]) as t (scope_id, holder_id)
join products r on r.workspace_id = $1 where t.scope_id = $1
) as t"""
_PEOPLE = """people as (
    select t.scope_id, c.id from unnest($2::uuid[], $3::uuid[]) as t (scope_id, holder_id)
    join contacts c on c.account_id = t.holder_id and c.workspace_id = $1
    union all
    select t.scope_id, c.id from unnest($2::uuid[], $3::uuid[]) as t (scope_id, holder_id)
    join contacts c on c.id = t.holder_id and c.workspace_id = $1 and c.account_id is null
), spoken as (
    select p.scope_id, f.id from people p join feedback f on f.contact_id = p.id and f.workspace_id = $1
    union all
    select t.scope_id, f.id from unnest($2::uuid[], $3::uuid[]) as t (scope_id, holder_id)
    join feedback f on f.id = t.holder_id and f.workspace_id = $1 and f.contact_id is null
)"""
_MEMBERS = """members as (
    select i.root as scope_id, i.root, i.id, i.product_id
    from (select distinct scope_id from unnest($2::uuid[]) as t (scope_id)) as t
    join ideas i on i.workspace_id = $1 and (i.id = t.scope_id or i.merged_root = t.scope_id) and i.root = t.scope_id
)"""


_PART = ("contacts", "votes", "insights", "mrr", "paid")


def _settle(derived: str) -> str:
    """Derive parts anew, and write what differs from what is kept: mostly a few of a holder's many parts."""
    both = ", ".join(f"n.{name}, w.{name} as had_{name}" for name in _PART)
    same = [f"({', '.join(f'{of}.{name}' for name in _PART)})" for of in ("n", "w")]
    return f"""
with {derived}, {parts(KINDS)}, was as (
    select p.* from {_SCOPES} cross join lateral (
        select * from demand_parts where workspace_id = $1 and scope_id = t.scope_id and holder_id = t.holder_id
        order by kind, key
    ) as p
), changed as (
    select scope_id, holder_id, kind, key, {both}, n.contacts is not null as stays, w.contacts is not null as stood
    from parts n full join was w using (scope_id, holder_id, kind, key) where {same[0]} is distinct from {same[1]}
), put as (
    insert into demand_parts (scope_id, holder_id, kind, key, workspace_id, {", ".join(_PART)})
    select scope_id, holder_id, kind, key, $1, {", ".join(_PART)} from changed where stays
    on conflict (scope_id, holder_id, kind, key)
        do update set {", ".join(f"{name} = excluded.{name}" for name in _PART)}
), gone as (
    delete from demand_parts p using changed c where not c.stays and p.workspace_id = $1 and p.scope_id = c.scope_id
      and p.holder_id = c.holder_id and p.kind = c.kind and p.key = c.key
), steps as (
    select scope_id, kind, key, 1 as step, {", ".join(_PART)} from changed where stays
    union all
    select scope_id, kind, key, -1, {", ".join(f"had_{name}" for name in _PART)} from changed where stood
)
insert into demand_groups as d (scope_id, kind, key, workspace_id, {", ".join(FIGURES)})
select g.scope_id, g.kind, g.key, $1, {sums("g", "g.step")} from steps g group by g.scope_id, g.kind, g.key
on conflict (scope_id, kind, key) do update set {", ".join(f"{name} = d.{name} + excluded.{name}" for name in FIGURES)}
"""


# Each vote and link by the one index that the order or the whole key names: while a table grows faster than its
# statistics, the planner would go through all of an idea or a workspace for each contact.
SETTLE = _settle(
    f"{_PEOPLE}, {_MEMBERS}, "
    + asks(
        """people p join members m on m.scope_id = p.scope_id cross join lateral (
            select * from votes where idea_id = m.id and contact_id = p.id limit 1
        ) as v""",
        """spoken p join members m on m.scope_id = p.scope_id cross join lateral (
            select * from insights where feedback_id = p.id and idea_id = m.id limit 1
        ) as n""",
    )
)
"""Of ideas."""
SETTLE_ABOVE = _settle(
    f"{_PEOPLE}, "
    + asks(
        f"""people p cross join lateral (
            select * from votes where contact_id = p.id order by id
        ) as v {scopes_of("v")}""",
        f"""spoken p cross join lateral (
            select * from insights where feedback_id = p.id order by idea_id
        ) as n {scopes_of("n")}""",
    )
)
"""Of the workspace and its products."""

FILLING = (
    "select scope_id, workspace_id, fill_from from demand_kept where fill_from is not null order by scope_id limit 1"
)
# The next $4 holders of a scope after $3. Each kind of them in order, by an index of its own.
_NEXT = "order by 1 limit $4"
NEXT_OF_IDEA = f"""
select holder_id from (
    (select account_id as holder_id from idea_accounts
     where workspace_id = $1 and idea_id = $2 and account_id > $3 {_NEXT})
    union all
    (select o.contact_id from idea_contacts o join contacts c on c.id = o.contact_id and c.account_id is null
     where o.workspace_id = $1 and o.idea_id = $2 and o.contact_id > $3 {_NEXT})
    union all
    (select n.feedback_id from insights n join ideas i on i.workspace_id = $1 and i.root = $2 and i.id = n.idea_id
     where n.workspace_id = $1 and n.contact_id is null and n.feedback_id > $3
       and n.idea_id in (select $2 union all select id from ideas where workspace_id = $1 and merged_root = $2) {_NEXT})
) as h {_NEXT}
"""
NEXT_OF_WORKSPACE = f"""
select holder_id from (
    (select id as holder_id from accounts where workspace_id = $1 and id > $3 {_NEXT})
    union all
    (select id from contacts where workspace_id = $1 and account_id is null and id > $3
     and exists (select from idea_contacts o where o.contact_id = contacts.id) {_NEXT})
    union all
    (select id from feedback f where workspace_id = $1 and contact_id is null and id > $3
     and exists (select from insights n where n.feedback_id = f.id and n.idea_id is not null) {_NEXT})
) as h where $2 = $1 {_NEXT}
"""
MOVE_ON = """
update demand_kept set fill_from = $3, counted_at = case when $3::uuid is null then now() else counted_at end
where workspace_id = $1 and scope_id = $2
"""
TOUCH = "update demand_kept set counted_at = now() where scope_id = any($1::uuid[]) and counted_at is not null"
