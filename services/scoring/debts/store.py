"""Debts as rows, and everything that they once were."""

_FIELDS = """title, component, type, idea_id, principal, interest, probability, growth, day_cost, changes, complexity,
    evidence::text as evidence, state"""
_DEBT = f"id, {_FIELDS}, version, created_at"
ADD = f"""
insert into debts (id, workspace_id, title, component, type, idea_id, principal, interest, probability, growth,
                   day_cost, changes, complexity, evidence, state)
values ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning {_DEBT}
"""
GET = f"select {_DEBT} from debts where workspace_id = $1 and id = $2"
LOCK = f"{GET} for no key update"
LIST = f"""
select {_DEBT} from debts where workspace_id = $1 and id > $2 and ($3::text is null or state = $3)
  and ($4::text is null or component = $4) order by id limit $5
"""
UPDATE = f"""
update debts set title = $3, component = $4, type = $5, idea_id = $6, principal = $7, interest = $8, probability = $9,
                 growth = $10, day_cost = $11, changes = $12, complexity = $13, evidence = $14, state = $15,
                 version = version + 1
where workspace_id = $1 and id = $2 returning {_DEBT}
"""
KEEP = "insert into debt_changes (workspace_id, debt_id, version, state, changed_by) values ($1, $2, $3, $4, $5)"
HISTORY = """
select version, state::text as state, changed_by, created_at from debt_changes
where workspace_id = $1 and debt_id = $2 and version > $3 order by version limit $4
"""
ESTIMATES = """
select id from estimates where workspace_id = $1 and idea_id = $2 and input = any($3::text[])
  and estimator = $4 and current
"""
