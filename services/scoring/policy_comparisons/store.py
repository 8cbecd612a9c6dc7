"""What is compared, as rows."""

# All that is asked of an idea is in the index `ideas_ranked`; titles are looked up of those on top alone.
_IDEA = """cross join lateral (
    select kind, status, archived, product_id from ideas where workspace_id = $1 and idea_id = w.idea_id limit 1
) as i
where not i.archived and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4)
  and ($5::uuid is null or i.product_id = $5)
order by w.value desc, w.idea_id desc limit $6"""


def _shown(top: str) -> str:
    return f"""
with top as materialized ({top})
select p.idea_id, t.title, p.kind, p.status from top p cross join lateral (
    select title from ideas where workspace_id = $1 and idea_id = p.idea_id limit 1
) as t
"""


# The top of a policy's ranking: from its index, no farther down than $7; or out of few ideas, $7.
TOP = _shown(f"""
select w.idea_id, i.kind, i.status from (
    select idea_id, value from weights where workspace_id = $1 and policy_id = $2 and value is not null
    order by value desc, idea_id desc limit $7
) as w {_IDEA}
""")
TOP_OF = _shown(f"""
select w.idea_id, i.kind, i.status from (
    select g.* from unnest($7::uuid[]) as asked (idea_id) cross join lateral (
        select idea_id, value from weights
        where workspace_id = $1 and idea_id = asked.idea_id and policy_id = $2 and value is not null limit 1
    ) as g
) as w {_IDEA}
""")
DEEPER = """
select 1 from weights where workspace_id = $1 and policy_id = $2 and value is not null
order by value desc, idea_id desc offset $3::int limit 1
"""
# What ideas weigh under each policy, by the whole key.
VALUES = """
select u.idea_id, v.values, v.states from unnest($3::uuid[]) as u (idea_id) cross join lateral (
    select array_agg(w.value order by asked.place) as values, array_agg(w.state order by asked.place) as states
    from unnest($2::uuid[]) with ordinality as asked (id, place) left join lateral (
        select value, state from weights
        where workspace_id = $1 and idea_id = u.idea_id and policy_id = asked.id limit 1
    ) as w on true
) as v order by u.idea_id
"""
