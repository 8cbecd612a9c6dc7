"""Deals as rows."""

_DEAL = """id, competitor_id, outcome, amount, closed_on, capability_ids, note, said_by, withdrawn_at, created_at"""
KNOWN = """
select (select count(*) from capabilities where workspace_id = $1 and id = any($3::uuid[])) as capabilities,
       exists (select from competitors where workspace_id = $1 and id = $2) as competitor
"""
ADD = f"""
insert into deals (workspace_id, id, competitor_id, outcome, amount, closed_on, capability_ids, note, said_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning {_DEAL}
"""
GET = f"select {_DEAL} from deals where workspace_id = $1 and id = $2"
WITHDRAW = "update deals set withdrawn_at = now() where workspace_id = $1 and id = $2 and withdrawn_at is null"
LIST = f"select {_DEAL} from deals where workspace_id = $1 and id < $2 order by id desc limit $3"
LIST_OF_COMPETITOR = f"""
select {_DEAL} from deals where workspace_id = $1 and competitor_id = $4 and id < $2 order by id desc limit $3
"""
_COUNTS = """
count(*) filter (where outcome = 'won') as won, count(*) filter (where outcome = 'lost') as lost,
coalesce(sum(amount) filter (where outcome = 'won'), 0)::bigint as amount_won,
coalesce(sum(amount) filter (where outcome = 'lost'), 0)::bigint as amount_lost
"""
_CLOSED = "workspace_id = $1 and closed_on between $2 and $3 and withdrawn_at is null"
BY_COMPETITOR = f"""
select c.id as competitor_id, c.name as competitor, d.won, d.lost, d.amount_won, d.amount_lost
from (select competitor_id, {_COUNTS} from deals where {_CLOSED} group by competitor_id) as d
join competitors c on c.id = d.competitor_id and c.workspace_id = $1 order by d.won + d.lost desc, c.id
"""
BY_CAPABILITY = f"""
select k.id as capability_id, k.name as capability, k.ours, d.won, d.lost, d.amount_won, d.amount_lost
from (
    select capability_id, {_COUNTS} from deals cross join lateral unnest(capability_ids) as u (capability_id)
    where {_CLOSED} group by capability_id
) as d
join capabilities k on k.id = d.capability_id and k.workspace_id = $1 order by d.lost desc, d.won desc, k.id limit $4
"""
