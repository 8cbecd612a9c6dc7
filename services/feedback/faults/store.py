"""Rows of imports that were at fault, as rows."""

KNOWN = "select 1 from imports where workspace_id = $1 and id = $2"
LIST = """
select number, errors::text as errors, raw from import_errors
where workspace_id = $1 and import_id = $2 and number > $3 order by number limit $4
"""
