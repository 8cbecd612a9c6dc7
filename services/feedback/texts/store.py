"""Statements whose language is not known yet, found by the log."""

BEGIN = "insert into languages_known (log, seq) values ('events', 0) on conflict do nothing"
# One worker at a time; the others find nothing to do.
POSITION = "select seq from languages_known where log = 'events' for update skip locked"
# In the order of their commits, as good as: what is younger than any transaction may be is left for later.
NEXT = "select seq, type, workspace_id, aggregate_id, occurred_at from events where seq > $1 order by seq limit $2"
WORDS = """
select f.workspace_id, f.id, f.text from unnest($1::uuid[], $2::uuid[]) as told (workspace_id, id)
join feedback f on f.workspace_id = told.workspace_id and f.id = told.id
where f.language is null order by f.workspace_id, f.id
"""
KNOW = """
update feedback as f set language = said.language
from unnest($1::uuid[], $2::uuid[], $3::text[]) as said (workspace_id, id, language)
where f.workspace_id = said.workspace_id and f.id = said.id and f.language is null
"""
ADVANCE = "update languages_known set seq = $1 where log = 'events'"
