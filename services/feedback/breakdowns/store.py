"""Demand by group as rows: counted when somebody asks, or read from what is kept."""

from services.feedback.breakdowns.derivation import (
    FIGURES,
    INSIGHTS_OF_MEMBERS,
    KINDS,
    MEMBERS,
    VOTES_OF_MEMBERS,
    asks,
    parts,
    scopes_of,
    sums,
)

BEHIND = """
select d.currency, (select merged_root from ideas where workspace_id = $1 and id = $2) as merged_root,
    (select counted_at from demand_kept where workspace_id = $1 and scope_id = $2) as counted_at
from demand d where d.workspace_id = $1 and d.idea_id = $2
"""
COUNTED = "select counted_at from demand_kept where workspace_id = $1 and scope_id = $1"
# Whether more is asked for in the workspace than $2: no more than that is looked at.
MORE_THAN = """
select (select count(*) from (select from votes where workspace_id = $1 limit $2 + 1) as v)
    + (select count(*) from (select from insights where workspace_id = $1 limit $2 + 1) as n) > $2
"""
# What is summed up when somebody asks is held in memory, not on disk: until the end of the transaction.
ROOMY = "select set_config('work_mem', '64MB', true)"

# The first $3 of each kind: the most revenue first, months from the latest.
_RANKED = """
row_number() over (
    partition by kind order by case when kind = 'month' then key end desc nulls last, mrr desc, contacts desc, key
) as place, count(*) over (partition by kind) as of_kind
"""
_SHOWN = f"""g.kind, coalesce(s.key, r.key, nullif(g.key, '')) as key, coalesce(s.name, r.name) as name,
    {", ".join(f"g.{name}" for name in FIGURES)}, g.top_accounts, g.of_kind"""
# With what groups are called. A segment or a product that is gone is none.
_NAMED = """from shown g
left join segments s on g.kind = 'segment' and s.workspace_id = $1 and s.id::text = g.key
left join products r on g.kind = 'product' and r.workspace_id = $1 and r.id::text = g.key
where g.kind not in ('segment', 'product') or g.key = '' or s.id is not null or r.id is not null
order by g.kind, g.place
"""


def _counted(derived: str, kind: str) -> str:
    kinds = dict.fromkeys(("", kind))
    return f"""
with {derived}, {parts(kinds)}, groups as (
    select p.kind, p.key, {sums("p")},
        coalesce((array_agg(f.name order by f.mrr desc, f.id desc) filter (where f.id is not null))[:3], '{{}}')
            as top_accounts
    from parts p left join accounts f on f.id = p.holder_id and f.workspace_id = $1 group by p.kind, p.key
), ranked as (select *, {_RANKED} from groups), shown as (select * from ranked where place <= $3)
select {_SHOWN} {_NAMED}"""


_OF_IDEA = f"{MEMBERS}, {asks(VOTES_OF_MEMBERS, INSIGHTS_OF_MEMBERS)}"
_OF_SCOPE = asks(
    f"votes v {scopes_of('v', 's.scope_id = $2::uuid')}", f"insights n {scopes_of('n', 's.scope_id = $2::uuid')}"
)
COUNT_IDEA = {kind: _counted(_OF_IDEA, kind) for kind in KINDS}
"""$2 an idea: its total (kind: empty) and its groups of a kind."""
COUNT_SCOPE = {kind: _counted(_OF_SCOPE, kind) for kind in KINDS}
"""$2 a product, or the workspace: likewise."""
# $4 the kind.
READ_GROUPS = f"""
with ranked as (
    select kind, key, {", ".join(FIGURES)}, {_RANKED} from demand_groups
    where workspace_id = $1 and scope_id = $2 and kind in ('', $4::text) and votes + insights > 0
), shown as (
    select r.*, array(
        select f.name from (
            select holder_id, mrr from demand_parts p
            where p.workspace_id = $1 and p.scope_id = $2 and p.kind = r.kind and p.key = r.key and p.mrr is not null
            order by p.mrr desc, p.holder_id desc limit 3
        ) as p join accounts f on f.id = p.holder_id and f.workspace_id = $1 order by p.mrr desc, p.holder_id desc
    ) as top_accounts from ranked r where place <= $3
) select {_SHOWN} {_NAMED}"""

_ACCOUNT = """f.external_id as key, f.name, f.id as account_id, p.votes, p.insights, p.contacts, 1::bigint as accounts,
    p.mrr, coalesce(p.paid, 0) as mrr_at_vote, (p.paid is null)::int::bigint as accounts_without_vote,
    array[f.name] as top_accounts
"""
# $3, $4: revenue and id of the last account of the page before; $5: as many.
_PAGE = "($3::bigint is null or (p.mrr, p.holder_id) < ($3, $4::uuid)) order by p.mrr desc, p.holder_id desc limit $5"
_OF_HOLDERS = f"from parts p join accounts f on f.id = p.holder_id and f.workspace_id = $1 where {_PAGE}"
COUNT_ACCOUNTS_OF_IDEA = f"with {_OF_IDEA}, {parts(('',))} select {_ACCOUNT} {_OF_HOLDERS}"
COUNT_ACCOUNTS_OF_SCOPE = f"with {_OF_SCOPE}, {parts(('',))} select {_ACCOUNT} {_OF_HOLDERS}"
READ_ACCOUNTS = f"""
select {_ACCOUNT} from (
    select * from demand_parts p
    where p.workspace_id = $1 and p.scope_id = $2 and p.kind = '' and p.key = '' and p.mrr is not null and {_PAGE}
) as p join accounts f on f.id = p.holder_id and f.workspace_id = $1 order by p.mrr desc, p.holder_id desc
"""
