"""Teams and periods that wait, as rows."""

# In the order of their key: two that ask for the same wait for each other, and never in a circle.
ASK = """
insert into balance_checks (workspace_id, period, team_id, traceparent)
select distinct $1::uuid, g.period, g.team_id, $4 from unnest($2::text[], $3::uuid[]) as g (period, team_id)
order by 2, 3
on conflict (workspace_id, period, team_id) do update set asked_at = now(), traceparent = excluded.traceparent
"""
ASK_FOR_IDEAS = """
insert into balance_checks (workspace_id, period, team_id, traceparent)
select distinct $1::uuid, c.period, c.team_id, $3 from unnest($2::uuid[]) as g (idea_id) cross join lateral (
    select period, team_id from commitments where workspace_id = $1 and idea_id = g.idea_id limit 100
) as c
order by 2, 3
on conflict (workspace_id, period, team_id) do update set asked_at = now(), traceparent = excluded.traceparent
"""
# The places that anything was ever told of, from the newest period backwards.
ASK_FOR_ALL = """
insert into balance_checks (workspace_id, period, team_id, traceparent)
select distinct $1::uuid, t.period, t.team_id, $4 from (
    (select distinct period, team_id from commitments
     where workspace_id = $1 and period >= $5 and ($2::uuid is null or team_id = $2) order by period desc limit $3)
    union
    (select distinct period, team_id from spent
     where workspace_id = $1 and period >= $5 and ($2::uuid is null or team_id = $2) order by period desc limit $3)
    union
    (select period, team_id from balances
     where workspace_id = $1 and period >= $5 and ($2::uuid is null or team_id = $2) order by period desc limit $3)
) as t
order by 2, 3
on conflict (workspace_id, period, team_id) do update set asked_at = now(), traceparent = excluded.traceparent
"""
WORK = "select from balance_checks order by workspace_id, period, team_id limit 1"
# Any of them: chance keeps workers apart.
PICK = "select workspace_id, period, team_id, asked_at, traceparent from balance_checks order by random() limit 1"
DONE = """
delete from balance_checks where workspace_id = $1 and period = $2 and team_id = $3 and asked_at = $4
"""
