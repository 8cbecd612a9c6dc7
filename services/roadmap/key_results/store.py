"""Key results and their check-ins as rows."""

_RESULT = """id, objective_id, title, unit, start, target, current, measured_on, archived, version, created_at"""
ADD = f"""
insert into key_results (workspace_id, id, objective_id, title, unit, start, target, current)
values ($1, $2, $3, $4, $5, $6, $7, $6) returning {_RESULT}
"""
GET = f"select {_RESULT} from key_results where workspace_id = $1 and id = $2"
LIST = f"""
select {_RESULT} from key_results
where workspace_id = $1 and objective_id = $2 and id > $3 and ($5::boolean is null or archived = $5)
order by id limit $4
"""
HELD = "select count(*) from key_results where workspace_id = $1 and objective_id = $2 and not archived"
UPDATE = f"""
update key_results set title = $3, unit = $4, start = $5, target = $6, archived = $7, current = $8,
    version = version + 1
where workspace_id = $1 and id = $2 returning {_RESULT}
"""
FIGURES = """
select start, target, current from key_results where workspace_id = $1 and objective_id = $2 and not archived
order by id
"""
_CHECK_IN = "id, key_result_id, value, measured_on, note, said_by, created_at"
CHECK_IN = f"""
insert into check_ins (workspace_id, id, key_result_id, value, measured_on, note, said_by)
values ($1, $2, $3, $4, $5, $6, $7) returning {_CHECK_IN}
"""
# One that tells of an earlier day than the latest does not say how things stand.
STAND = """
update key_results set current = $3, measured_on = $4, version = version + 1
where workspace_id = $1 and id = $2 and (measured_on is null or measured_on <= $4)
"""
CHECK_INS = f"""
select {_CHECK_IN} from check_ins where workspace_id = $1 and key_result_id = $2 and id < $3 order by id desc limit $4
"""
