"""What was shown as alike and what became of it, as rows. `kind` is `idea` or `feedback`."""

# In one order for all, so that two that show the same pairs wait for each other and never for ever.
SHOWN = """
insert into similar_suggestions (id, workspace_id, one_id, other_id, one_kind, other_kind, method, score, shown,
    shown_at)
select p.id, p.workspace_id, p.one_id, p.other_id, p.one_kind, p.other_kind, p.method, p.score, 1, now()
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::float8[])
    as p (id, workspace_id, one_id, other_id, one_kind, other_kind, method, score)
order by p.workspace_id, p.one_id, p.other_id
on conflict (workspace_id, one_id, other_id) do update set shown = similar_suggestions.shown + 1,
    shown_at = coalesce(similar_suggestions.shown_at, now()),
    method = coalesce(similar_suggestions.method, excluded.method),
    score = coalesce(similar_suggestions.score, excluded.score)
returning id, workspace_id, one_id, other_id, decision
"""
KINDS = """
select id, 'idea' as kind from ideas where workspace_id = $1 and id = any($2::uuid[])
union all
select id, 'feedback' from feedback where workspace_id = $1 and id = any($2::uuid[])
"""
_SUGGESTION = """id, one_id, other_id, one_kind, other_kind, method, score, shown, shown_at, decision, joined,
    decided_by, decided_at, created_at"""
DECIDE = f"""
insert into similar_suggestions (id, workspace_id, one_id, other_id, one_kind, other_kind, decision, joined, decided_by,
    decided_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())
on conflict (workspace_id, one_id, other_id) do update set decision = excluded.decision,
    joined = case when excluded.decision = 'accepted' then coalesce(excluded.joined, similar_suggestions.joined) end,
    decided_by = excluded.decided_by, decided_at = excluded.decided_at
returning {_SUGGESTION}
"""
LIST = f"select {_SUGGESTION} from similar_suggestions where workspace_id = $1 and id < $2 order by id desc limit $3"
LIST_DECIDED = f"""
select {_SUGGESTION} from similar_suggestions where workspace_id = $1 and id < $2 and decision = $4
order by id desc limit $3
"""

# Of the newest $3 since $2 at most. Who links or merges what was suggested has accepted it, said or not.
JUDGED = """
select method, count(*) as suggested,
    count(*) filter (where decision = 'accepted' or (decision is null and joined is not null)) as accepted,
    count(*) filter (where decision = 'dismissed') as dismissed,
    count(*) filter (where decision is null and joined is null) as undecided
from (
    select s.method, s.decision, coalesce(s.joined, (
        select 'linked' from insights n where n.workspace_id = $1
          and n.feedback_id = case when s.one_kind = 'feedback' then s.one_id else s.other_id end
          and n.idea_id = case when s.one_kind = 'feedback' then s.other_id else s.one_id end
    )) as joined
    from similar_suggestions s where s.workspace_id = $1 and s.id >= $2 and s.shown > 0 order by s.id desc limit $3
) as shown group by method
"""
# What people found to belong together, and whether it had been suggested before. What rules link nobody looked for.
FOUND = """
select found.method, count(*) as found from (
    select case when s.shown_at <= n.created_at then s.method end as method
    from (
        select * from insights where workspace_id = $1 and id >= $2 and linked_by like 'key:%' order by id desc limit $3
    ) n
    left join similar_suggestions s on s.workspace_id = $1
      and s.one_id = least(n.feedback_id, n.idea_id) and s.other_id = greatest(n.feedback_id, n.idea_id)
    union all
    select case when s.shown_at <= s.decided_at then s.method end from (
        select * from similar_suggestions where workspace_id = $1 and id >= $2 order by id desc limit $3
    ) s where s.joined = 'merged'
) as found group by found.method
"""
