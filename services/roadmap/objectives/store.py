"""Objectives as rows."""

# Everyone who changes an objective holds the strategy first: its version orders their changes.
HOLD_STRATEGY = """
insert into strategies (workspace_id, version) values ($1, 0)
on conflict (workspace_id) do update set version = strategies.version returning version
"""
RAISE_STRATEGY = "update strategies set version = version + 1 where workspace_id = $1 returning version"
STRATEGY = "select version from strategies where workspace_id = $1"
TOO_MANY = "select count(*) from (select from objectives where workspace_id = $1 and not archived limit $2) as held"
_OBJECTIVE = """id, title, description, weight, status, starts_on, ends_on, owner, product_id, archived, counts,
    turns_on, progress, ideas, version, created_at, updated_at"""
ADD = f"""
insert into objectives (workspace_id, id, title, description, weight, status, starts_on, ends_on, owner, product_id,
                        archived, counts, turns_on)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning {_OBJECTIVE}
"""
GET = f"select {_OBJECTIVE} from objectives where workspace_id = $1 and id = $2"
LOCK = f"select {_OBJECTIVE} from objectives where workspace_id = $1 and id = $2 for no key update"
LIST = f"""
select {_OBJECTIVE} from objectives
where workspace_id = $1 and id > $2 and ($4::boolean is null or archived = $4) and ($5::text is null or status = $5)
  and ($6::boolean is null or counts = $6) and ($7::uuid is null or product_id = $7)
order by id limit $3
"""
UPDATE = f"""
update objectives set title = $3, description = $4, weight = $5, status = $6, starts_on = $7, ends_on = $8, owner = $9,
    product_id = $10, archived = $11, counts = $12, turns_on = $13, progress = $14, version = version + 1,
    updated_at = now()
where workspace_id = $1 and id = $2 returning {_OBJECTIVE}
"""
TURN = "update objectives set turns_on = $3 where workspace_id = $1 and id = $2"
KEEP = """
insert into objective_changes (workspace_id, objective_id, version, strategy_version, state, changed_by)
values ($1, $2, $3, $4, $5, $6)
"""
HISTORY = """
select version, strategy_version, state::text as state, changed_by, created_at from objective_changes
where workspace_id = $1 and objective_id = $2 and version > $3 order by version limit $4
"""
# Of any workspace: the calendar is the same for all.
DUE = "select workspace_id, id from objectives where turns_on <= $1 order by turns_on, id limit 1"
# By id, so that two who hold several wait for each other in one order.
LOCK_MANY = """
select id, title, archived, ideas from objectives where workspace_id = $1 and id = any($2::uuid[])
order by id for no key update
"""
COUNT_IDEAS = """
update objectives o set ideas = o.ideas + g.difference
from unnest($2::uuid[], $3::int[]) as g (id, difference) where o.workspace_id = $1 and o.id = g.id
"""
