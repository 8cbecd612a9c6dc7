"""Scores day by day: what they are, and what earlier days ended with."""

IDEA = "select merged_into from ideas where workspace_id = $1 and idea_id = $2"
MODEL = "select id from models where workspace_id = $1 and id = $2"
# What it is has no `until` and stands on the first page ($5).
DAYS = """
select * from (
    (
        select null::date as until, (computed_at at time zone 'UTC')::date as since, state, value,
               missing::text as missing, model_version, computed_at, version, cause, cause_id
        from scores where $5 and workspace_id = $1 and model_id = $2 and idea_id = $3
    )
    union all
    (
        select until, since, state, value, missing::text, model_version, computed_at, version, cause, cause_id
        from score_days where workspace_id = $1 and model_id = $2 and idea_id = $3 and until < $4::date
        order by until desc limit $6
    )
) as days order by until desc nulls first limit $6
"""
