"""What is compared, as rows."""

# The top of each policy's ranking, from its index; then what those ideas weigh under each, by the whole key.
VALUES = """
with top as (
    select asked.place, t.* from unnest($2::uuid[]) with ordinality as asked (id, place) cross join lateral (
        select w.idea_id, i.title, i.kind, i.status
        from weights w cross join lateral (
            select title, kind, status, archived, product_id from ideas
            where idea_id = w.idea_id and workspace_id = w.workspace_id limit 1
        ) as i
        where w.workspace_id = $1 and w.policy_id = asked.id and w.value is not null and not i.archived
          and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4)
          and ($5::uuid is null or i.product_id = $5)
        order by w.value desc, w.idea_id desc limit $6
    ) as t
)
select u.*, v.values, v.states from (
    select idea_id, title, kind, status, array_agg(place) as on_top_of from top group by idea_id, title, kind, status
) as u cross join lateral (
    select array_agg(w.value order by asked.place) as values, array_agg(w.state order by asked.place) as states
    from unnest($2::uuid[]) with ordinality as asked (id, place) left join lateral (
        select value, state from weights
        where workspace_id = $1 and idea_id = u.idea_id and policy_id = asked.id limit 1
    ) as w on true
) as v order by u.idea_id
"""
