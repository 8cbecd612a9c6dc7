"""Allocation policies as rows."""

_ALLOCATION = "id, team_id, version, since, classes::text as classes, note, set_by, created_at"
LOCK = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 24))"
NEWEST = """
select coalesce(max(version), 0) as version from allocations
where workspace_id = $1 and team_id is not distinct from $2::uuid
"""
ADD = f"""
insert into allocations (id, workspace_id, team_id, version, since, classes, note, set_by)
values ($2, $1, $3, $4, $5, $6, $7, $8) returning {_ALLOCATION}
"""
GET = f"select {_ALLOCATION} from allocations where workspace_id = $1 and id = $2"
LIST = f"""
select {_ALLOCATION} from allocations where workspace_id = $1 and id < $2 and ($3::uuid is null or team_id = $3)
order by id desc limit $4
"""
# A team's own before that of all teams; the one that began last; of two that began on one day the later version.
IN_FORCE = f"""
select asked.position, a.*
from unnest($2::uuid[], $3::date[]) with ordinality as asked (team_id, day, position) cross join lateral (
    select {_ALLOCATION} from (
        (select * from allocations
         where workspace_id = $1 and team_id = asked.team_id and since <= asked.day
         order by since desc, version desc limit 1)
        union all
        (select * from allocations
         where workspace_id = $1 and team_id is null and since <= asked.day
         order by since desc, version desc limit 1)
    ) as both_kinds order by team_id nulls last limit 1
) as a
"""
