"""Demand by group, from the asks themselves: the SQL that both what is counted now and what is kept are made of.

From asks to parts (what one holder adds to one group) to groups. A holder is an account, a contact without one, or a
statement of nobody known: no two holders share a contact or an account, so the parts of a group add up to it. A scope
is an idea with what was merged into it, a product, or the workspace; it has the id of that.

In all of it $1 is the workspace, and $2 the scope or scopes. What is kept here are fragments, of which stores make
statements.
"""

from collections.abc import Collection

GROUPED = {
    "": "('', '')",
    "plan": "('plan', coalesce(f.plan, ''))",
    "month": "('month', to_char(a.asked_at at time zone 'UTC', 'YYYY-MM'))",
    "source": "('source', a.source)",
    "product": "('product', coalesce(a.product_id::text, ''))",
}
"""Which group an ask `a` is in, of a contact `c` of an account `f`, for each kind of group; empty: the total."""
KINDS = (*GROUPED, "segment")
"""An ask is in as many segments as its contact and its account are in."""
_SEGMENTS = """(values ('')) as one left join (
        select segment_id from segment_members where workspace_id = $1 and member_id in (a.contact_id, c.account_id)
    ) as b on true"""


def _groups(kinds: Collection[str]) -> str:
    rows = f"values {', '.join(GROUPED[kind] for kind in kinds if kind in GROUPED)}"
    if "segment" not in kinds:
        return rows
    return f"{rows} union all select 'segment', coalesce(b.segment_id::text, '') from {_SEGMENTS}"


MEMBERS = """members as (
    select root as scope_id, root, id, product_id from ideas
    where workspace_id = $1 and (id = $2::uuid or merged_root = $2) and root = $2
)"""
"""An idea with what was merged into it; none where it was merged itself."""
VOTES_OF_MEMBERS = "members m join votes v on v.idea_id = m.id"
INSIGHTS_OF_MEMBERS = "members m join insights n on n.idea_id = m.id and n.workspace_id = $1"


def scopes_of(ask: str, where: str = "s.scope_id is not null") -> str:
    """In which scopes above ideas an ask counts: the workspace, and the product of the idea that it counts for."""
    return f"""cross join lateral (
        select s.scope_id, i.root, i.product_id
        from ideas i join ideas r on r.id = i.root and r.workspace_id = $1
        cross join lateral (values ($1::uuid), (r.product_id)) as s (scope_id)
        where i.workspace_id = $1 and i.id = {ask}.idea_id and {where}
    ) as m"""


def asks(votes: str, insights: str) -> str:
    """Each time that somebody asks; `m` in what is given says in which scope and for which idea (`root`) it counts.

    Votes of a contact that count for one idea are one, the latest; so are links from one statement. What was paid is
    known of votes only: it was written down with them.
    """
    return f"""asks as (
    (
        select distinct on (m.scope_id, m.root, v.contact_id) m.scope_id, v.contact_id, null::uuid as feedback_id,
            1 as votes, 0 as insights, v.created_at as asked_at, v.mrr as paid, v.source, m.product_id
        from {votes} where v.workspace_id = $1 order by m.scope_id, m.root, v.contact_id, v.id desc
    )
    union all
    (
        select distinct on (m.scope_id, m.root, n.feedback_id) m.scope_id, n.contact_id, n.feedback_id, 0, 1,
            f.said_at, null, f.source, coalesce(f.product_id, m.product_id)
        from {insights} join feedback f on f.id = n.feedback_id and f.workspace_id = $1
        where n.workspace_id = $1 order by m.scope_id, m.root, n.feedback_id, n.id
    )
)"""


def parts(kinds: Collection[str]) -> str:
    """What each holder adds to the groups of these kinds, the total among them.

    Contacts and accounts are looked up one by one: asks are few, and the planner would read all contacts for them.
    """
    # `vote`: when the contact voted last, and what its account paid then. The largest array is the latest one.
    return f"""placed as (
    select a.scope_id, c.account_id, f.mrr, k.kind, k.key, a.contact_id,
        coalesce(c.account_id, a.contact_id, a.feedback_id) as holder_id, sum(a.votes) as votes,
        sum(a.insights) as insights,
        max(array[(extract(epoch from a.asked_at) * 1000000)::bigint, a.paid]) filter (where a.votes > 0) as vote
    from asks a
    left join lateral (
        select account_id from contacts where id = a.contact_id and workspace_id = $1 limit 1
    ) as c on true
    left join lateral (
        select mrr, plan from accounts where id = c.account_id and workspace_id = $1 limit 1
    ) as f on true
    cross join lateral ({_groups(kinds)}) as k (kind, key)
    group by 1, 2, 3, 4, 5, 6, 7
), parts as (
    select scope_id, holder_id, kind, key, count(contact_id)::int as contacts, sum(votes)::int as votes,
        sum(insights)::int as insights, mrr, case when account_id is not null then (max(vote))[2] end as paid
    from placed group by scope_id, holder_id, account_id, mrr, kind, key
)"""


def sums(of: str, step: str = "1") -> str:
    """The figures of a group from its parts: those of accounts have an `mrr`, and `paid` where one of them voted.

    `step`: 1 for a part that comes, -1 for one that goes.
    """
    counted = ", ".join(f"sum({step} * {of}.{name})::bigint as {name}" for name in ("contacts", "votes", "insights"))
    return f"""{counted}, coalesce(sum({step}) filter (where {of}.mrr is not null), 0)::bigint as accounts,
    coalesce(sum({step} * {of}.mrr), 0)::bigint as mrr, coalesce(sum({step} * {of}.paid), 0)::bigint as mrr_at_vote,
    coalesce(sum({step}) filter (where {of}.mrr is not null and {of}.paid is null), 0)::bigint
        as accounts_without_vote"""


FIGURES = ("contacts", "votes", "insights", "accounts", "mrr", "mrr_at_vote", "accounts_without_vote")
