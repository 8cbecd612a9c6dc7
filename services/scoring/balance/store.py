"""What balances are made of, and what was last told of them."""

LOCK = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 25))"
KINDS = "select idea_id, kind from ideas where workspace_id = $1 and idea_id = any($2::uuid[])"
HELD = """
select breaches::text as breaches, shares::text as shares from balances
where workspace_id = $1 and period = $2 and team_id = $3
"""
PUT = """
insert into balances (id, workspace_id, period, team_id, breaches, shares, version) values ($2, $1, $3, $4, $5, $6, 1)
on conflict (workspace_id, period, team_id) do update set
    breaches = excluded.breaches, shares = excluded.shares, version = balances.version + 1
returning id, version
"""
# Those of the newest thousand that are open.
DEBTS = """
select id, title, principal, interest * probability as interest from (
    select * from debts where workspace_id = $1 order by id desc limit 1000
) as newest where state = 'open' order by id
"""
