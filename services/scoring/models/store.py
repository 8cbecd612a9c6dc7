"""Models as rows, and which of them have ideas left to score anew."""

_MODEL = """id, name, framework, parameters::text as parameters, active, revision, version, created_at,
    exists(select from rescores r where r.model_id = models.id) as rescoring"""
CREATE = """
insert into models (id, workspace_id, name, framework, parameters, active) values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, name) do nothing
"""
GET = f"select {_MODEL} from models where workspace_id = $1 and id = $2"
LIST = f"select {_MODEL} from models where workspace_id = $1 and id > $2 order by id limit $3"
REVISE = "insert into model_revisions (workspace_id, model_id, revision, parameters) values ($1, $2, $3, $4)"
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
# Any of them: chance keeps workers apart.
# The needs' part of it too.
WORK = """
(select 1 from rescores order by model_id limit 1)
union all (select 1 from stale_ideas order by workspace_id, idea_id limit 1)
"""
PICK = """
select model_id, workspace_id, after, asked_at, traceparent, cause, cause_id from rescores order by random() limit 1
"""
# What is under way begins anew: the ideas that it has passed are behind the change that is asked for now.
ASK = """
insert into rescores (workspace_id, model_id, after, traceparent, cause, cause_id) values ($1, $2, $3, $4, $5, $6)
on conflict (model_id) do update set
    after = excluded.after, traceparent = excluded.traceparent, cause = excluded.cause, cause_id = excluded.cause_id,
    asked_at = now()
"""
MOVE = "update rescores set after = $5 where workspace_id = $1 and model_id = $2 and after = $3 and asked_at = $4"
DONE = "delete from rescores where workspace_id = $1 and model_id = $2 and after = $3 and asked_at = $4"
FORGET = "delete from rescores where workspace_id = $1 and model_id = $2"
