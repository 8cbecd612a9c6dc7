"""Plans as rows. What was asked, solved and answered is written once."""

_SHORT = """id, name, note, state, phase, progress, reason, value, gap, digest, adopted, created_by, created_at,
    finished_at, version"""
_WHOLE = f"{_SHORT}, asked::text as asked, program::text as program, result::text as result"
# Those of one caller must not keep all others waiting.
UNFINISHED = """
select count(*) from (
    select from plans where workspace_id = $1 and state in ('waiting', 'running') limit $2
) as unfinished
"""
ADD = f"""
insert into plans (id, workspace_id, name, note, asked, created_by, traceparent) values ($2, $1, $3, $4, $5, $6, $7)
returning {_WHOLE}
"""
GET = f"select {_WHOLE} from plans where workspace_id = $1 and id = $2"
LOCK = f"{GET} for no key update"
LIST = f"""
select {_SHORT} from plans where workspace_id = $1 and id < $2 and ($3::text is null or state = $3)
order by id desc limit $4
"""
ADOPTED = f"select {_WHOLE} from plans where workspace_id = $1 and adopted"
CANCEL = """
update plans set state = 'cancelled', phase = 'ended', finished_at = now(), holder = null, version = version + 1
where workspace_id = $1 and id = $2 and state in ('waiting', 'running') returning id
"""
DELETE = "delete from plans where workspace_id = $1 and id = $2"
EVER_ADOPTED = "select 1 from plan_adoptions where workspace_id = $1 and plan_id = $2 limit 1"

WORK = "select from plans where state in ('waiting', 'running') and due_at <= now()"
CLAIM = """
update plans set state = 'running', phase = 'reading', holder = $1, starts = starts + 1,
    due_at = now() + make_interval(secs => $2)
where id = (
    select id from plans where state in ('waiting', 'running') and due_at <= now()
    order by due_at limit 1 for update skip locked
)
returning id, workspace_id, asked::text as asked, starts, traceparent
"""
# The fence: whoever lost the plan, or whose caller cancelled it, is told so.
PROGRESS = """
update plans set phase = $4, progress = greatest(progress, $5), due_at = now() + make_interval(secs => $6)
where workspace_id = $1 and id = $2 and holder = $3 and state = 'running'
"""
END = """
update plans set state = $4, phase = 'ended', progress = 1, reason = $5, program = $6, result = $7, value = $8,
    gap = $9, digest = $10, finished_at = now(), holder = null, version = version + 1
where workspace_id = $1 and id = $2 and holder = $3 and state = 'running'
returning version
"""

# Adoption. Whoever adopts or withdraws holds the workspace's plan, so positions have no gaps.
HOLD = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 26))"
SET_ADOPTED = """
update plans set adopted = $3, version = version + 1 where workspace_id = $1 and id = $2 returning version
"""
LAST_ADOPTION = "select position, digest from plan_adoptions where workspace_id = $1 order by position desc limit 1"
_ADOPTION = "id, position, plan_id, action, reason, decided_by, recorded_by, created_at, digest"
ADD_ADOPTION = f"""
insert into plan_adoptions (id, workspace_id, position, plan_id, action, reason, decided_by, recorded_by, created_at,
                            digest)
values ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10) returning {_ADOPTION}
"""
ADOPTIONS = f"""
select {_ADOPTION} from plan_adoptions where workspace_id = $1 and position < $2 order by position desc limit $3
"""
ADOPTIONS_OF = f"""
select a.*, p.digest as plan_digest from (
    select {_ADOPTION} from plan_adoptions where workspace_id = $1 order by position
) as a left join plans p on p.workspace_id = $1 and p.id = a.plan_id order by a.position
"""
