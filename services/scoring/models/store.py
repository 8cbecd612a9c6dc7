"""Models as rows."""

_MODEL = """id, name, framework, parameters::text as parameters, active, revision, version, created_at,
    (select id from rescores r where r.model_id = models.id) as rescoring_id"""
CREATE = """
insert into models (id, workspace_id, name, framework, parameters, active) values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, name) do nothing
"""
GET = f"select {_MODEL} from models where workspace_id = $1 and id = $2"
LIST = f"select {_MODEL} from models where workspace_id = $1 and id > $2 order by id limit $3"
REVISE = "insert into model_revisions (workspace_id, model_id, revision, parameters) values ($1, $2, $3, $4)"
# Each with the one before it.
REVISIONS = """
select r.revision, r.parameters::text as parameters, r.created_at, b.parameters::text as before
from model_revisions r left join model_revisions b
    on b.workspace_id = r.workspace_id and b.model_id = r.model_id and b.revision = r.revision - 1
where r.workspace_id = $1 and r.model_id = $2 and r.revision < $3 order by r.revision desc limit $4
"""
NAME_TAKEN = "select 1 from models where workspace_id = $1 and name = $2 and id <> $3"
UPDATE = """
update models set name = $3, parameters = $4, active = $5, revision = $6, version = version + 1
where workspace_id = $1 and id = $2
"""
ACTIVE = """
select id, framework, parameters::text as parameters from models
where workspace_id = $1 and active and ($2::text is null or framework = $2) order by id
"""
ACTIVE_COUNT = "select count(*) from models where workspace_id = $1 and active"
# The needs' part of it too.
WORK = """
(select 1 from rescores where state in ('waiting', 'running') and due_at <= now() order by due_at limit 1)
union all (select 1 from stale_ideas order by workspace_id, idea_id limit 1)
"""
