"""Corrections and their switches as rows."""

_CORRECTION = """c.id, c.input, c.team_id, c.framework, c.number, c.basis, c.kind, c.factor, c.n,
    c.evidence::text as evidence, c.made_by, c.created_at, c.version, exists (
        select from correction_switches s
        where s.workspace_id = c.workspace_id and s.correction_id = c.id and s.off_at is null
    ) as in_force"""
NEXT_NUMBER = """
select coalesce(max(number), 0) + 1 as number from corrections
where workspace_id = $1 and input = $2 and team_id is not distinct from $3::uuid
  and framework is not distinct from $4::text
"""
ADD = """
insert into corrections (id, workspace_id, input, team_id, framework, number, basis, kind, factor, n, evidence, made_by)
values ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
GET = f"select {_CORRECTION} from corrections c where c.workspace_id = $1 and c.id = $2"
LIST = f"""
select {_CORRECTION} from corrections c where c.workspace_id = $1 and c.id < $2 and ($3::text is null or c.input = $3)
order by c.id desc limit $4
"""
LIST_IN_FORCE = f"""
select {_CORRECTION} from correction_switches w join corrections c on c.id = w.correction_id
where w.workspace_id = $1 and w.off_at is null and c.workspace_id = $1 and c.id < $2
  and ($3::text is null or c.input = $3)
order by c.id desc limit $4
"""
SWITCHES = """
select on_at, on_by, off_at, off_by from correction_switches
where workspace_id = $1 and correction_id = $2 order by id desc limit 100
"""
# Of the same scope, whichever that is: one only can be in force.
SWITCH_OFF = """
with off as (
    update correction_switches set off_at = now(), off_by = $5
    where workspace_id = $1 and input = $2 and team_id is not distinct from $3::uuid
      and framework is not distinct from $4::text and off_at is null
    returning correction_id
)
update corrections set version = version + 1 where workspace_id = $1 and id in (select correction_id from off)
"""
SWITCH_ON = """
with switched as (
    insert into correction_switches (id, workspace_id, correction_id, input, team_id, framework, on_by)
    select $3, c.workspace_id, c.id, c.input, c.team_id, c.framework, $4 from corrections c
    where c.workspace_id = $1 and c.id = $2
    returning correction_id
)
update corrections set version = version + 1 where workspace_id = $1 and id in (select correction_id from switched)
"""
COUNT_ON = "select count(*) from correction_switches where workspace_id = $1 and off_at is null"
