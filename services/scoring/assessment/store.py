"""Assessments as rows."""

# Of the newest thousand ideas, from the end of the list's index.
MIGRATIONS = """
select count(*) from (
    select kind, archived from ideas where workspace_id = $1 order by idea_id desc limit 1000
) as newest where kind = 'migration' and not archived
"""
_ASSESSMENT = """id, taken_at, taken_by, facts::text as facts, thresholds::text as thresholds,
    origins::text as origins, score, band"""
ADD = f"""
insert into assessments (id, workspace_id, taken_at, taken_by, facts, thresholds, origins, score, band)
values ($2, $1, now(), $3, $4, $5, $6, $7, $8) returning {_ASSESSMENT}
"""
GET = f"select {_ASSESSMENT} from assessments where workspace_id = $1 and id = $2"
LIST = f"""
select {_ASSESSMENT} from assessments where workspace_id = $1 and id < $2 order by id desc limit $3
"""
