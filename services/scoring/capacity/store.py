"""Capacity, efforts and commitments as rows."""

SET_CAPACITIES = """
insert into capacities (workspace_id, team_id, period, skill, amount)
select $1, g.* from unnest($2::uuid[], $3::text[], $4::text[], $5::float8[]) as g (team_id, period, skill, amount)
where g.amount is not null order by 2, 3, 4
on conflict (workspace_id, team_id, period, skill) do update set amount = excluded.amount
"""
CLEAR_CAPACITIES = """
delete from capacities c
using unnest($2::uuid[], $3::text[], $4::text[], $5::float8[]) as g (team_id, period, skill, amount)
where c.workspace_id = $1 and c.team_id = g.team_id and c.period = g.period and c.skill = g.skill and g.amount is null
"""
LIST_CAPACITIES = """
select team_id, period, skill, amount from capacities
where workspace_id = $1 and team_id = $2 and (period, skill) > ($3, $4) order by period, skill limit $5
"""
CAPACITIES = """
select team_id, period, skill, amount from capacities
where workspace_id = $1 and period = any($2::text[]) and team_id = any($3::uuid[])
"""
SET_EFFORTS = """
insert into efforts (workspace_id, idea_id, skill, unit, amount)
select $1, g.* from unnest($2::uuid[], $3::text[], $4::text[], $5::float8[]) as g (idea_id, skill, unit, amount)
where g.amount is not null order by 2, 3
on conflict (workspace_id, idea_id, skill) do update set amount = excluded.amount, unit = excluded.unit
"""
CLEAR_EFFORTS = """
delete from efforts e using unnest($2::uuid[], $3::text[], $4::float8[]) as g (idea_id, skill, amount)
where e.workspace_id = $1 and e.idea_id = g.idea_id and e.skill = g.skill and g.amount is null
"""
LIST_EFFORTS = """
select idea_id, skill, unit, amount from efforts
where workspace_id = $1 and idea_id = $2 and skill > $3 order by skill limit $4
"""
# An idea of which nothing is known takes what is known of those that were merged into it: of each skill the most.
EFFORTS = """
select asked.idea_id, e.* from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select skill, unit, amount from efforts where workspace_id = $1 and idea_id = asked.idea_id
    union all
    select m.* from (
        select distinct on (e.skill) e.skill, e.unit, e.amount
        from ideas i join efforts e on e.workspace_id = $1 and e.idea_id = i.idea_id
        where i.workspace_id = $1 and i.merged_into = asked.idea_id order by e.skill, e.amount desc
    ) as m
    where not exists (select from efforts o where o.workspace_id = $1 and o.idea_id = asked.idea_id)
    order by skill limit 50
) as e
"""
SET_COMMITMENTS = """
insert into commitments (workspace_id, period, team_id, idea_id, share)
select $1, g.* from unnest($2::text[], $3::uuid[], $4::uuid[], $5::float8[]) as g (period, team_id, idea_id, share)
where g.share is not null order by 2, 3, 4
on conflict (workspace_id, period, team_id, idea_id) do update set share = excluded.share
"""
CLEAR_COMMITMENTS = """
delete from commitments c
using unnest($2::text[], $3::uuid[], $4::uuid[], $5::float8[]) as g (period, team_id, idea_id, share)
where c.workspace_id = $1 and c.period = g.period and c.team_id = g.team_id and c.idea_id = g.idea_id
  and g.share is null
"""
# Ends where it is known to be too many, however many there are.
CROWDED = """
select p.period from unnest($2::text[]) as p (period)
where (
    select count(*) from (select from commitments where workspace_id = $1 and period = p.period limit $3 + 1) as c
) > $3
"""
LIST_COMMITMENTS = """
select c.period, c.team_id, c.idea_id, i.title, c.share
from commitments c left join ideas i on i.idea_id = c.idea_id and i.workspace_id = c.workspace_id
where c.workspace_id = $1 and c.period = $2 and ($3::uuid is null or c.team_id = $3)
  and (c.team_id, c.idea_id) > ($4, $5) order by c.team_id, c.idea_id limit $6
"""
# What was archived is not going to be done. Ideas that are one are done once: the greatest share of them is promised.
COMMITMENTS = """
select p.period, p.team_id, p.idea_id, coalesce(r.title, '') as title, p.share
from (
    select c.period, c.team_id, coalesce(i.merged_into, c.idea_id) as idea_id, max(c.share) as share
    from commitments c left join ideas i on i.idea_id = c.idea_id and i.workspace_id = c.workspace_id
    where c.workspace_id = $1 and c.period = any($2::text[]) and c.team_id = any($3::uuid[]) group by 1, 2, 3
) as p left join ideas r on r.idea_id = p.idea_id and r.workspace_id = $1
where not coalesce(r.archived, false)
order by p.period, p.team_id, p.idea_id
"""
