"""The inbox as rows: where statements stand, and how they came to stand there. Its lists are found by `search`."""

# Each looks at no more than $2 entries of its index, and the order says which: without it the planner may think a
# neighbour's rows enough to find some soon.
COUNTS = """
select
    (select count(*) from (
        select from feedback where workspace_id = $1 and state = 'new' order by id limit $2
    ) as s) as new,
    (select count(*) from (
        select from feedback where workspace_id = $1 and state <> 'new' and state = 'linked' order by id limit $2
    ) as s) as linked,
    (select count(*) from (
        select from feedback where workspace_id = $1 and state <> 'new' and state = 'archived' order by id limit $2
    ) as s) as archived,
    (select count(*) from (
        select from feedback where workspace_id = $1 and state <> 'new' and state = 'snoozed' order by id limit $2
    ) as s) as snoozed
"""

# In one order for all who change where many statements stand.
LOCK = """
select f.id, f.state, t.assignee, t.due, t.note from feedback f
left join triage t on t.workspace_id = f.workspace_id and t.feedback_id = f.id
where f.workspace_id = $1 and f.id = any($2::uuid[]) order by f.id for no key update of f
"""
SAVE = """
with given as materialized (
    select * from json_to_recordset($2::json) as g (id uuid, kind text, state text, assignee text, due timestamptz,
        note text, before jsonb, after jsonb, insight jsonb)
), moved as (
    update feedback as f set state = given.state from given
    where f.workspace_id = $1 and f.id = given.id and f.state <> given.state
), stands as (
    insert into triage (workspace_id, feedback_id, assignee, due, note, changed_by)
    select $1, id, assignee, due, note, $3 from given order by id
    on conflict (workspace_id, feedback_id) do update set assignee = excluded.assignee, due = excluded.due,
        note = excluded.note, changed_by = excluded.changed_by, changed_at = now()
)
insert into triage_history (workspace_id, feedback_id, kind, before, after, insight, action_id, changed_by)
select $1, id, kind, before, after, insight, $4::uuid, $3 from given order by id
"""
HISTORY = """
select seq, kind, before::text as before, after::text as after, insight::text as insight, action_id, changed_by,
    changed_at
from triage_history where workspace_id = $1 and feedback_id = $2 and seq < $3 order by seq desc limit $4
"""

ADD_ACTION = """
insert into inbox_actions (id, workspace_id, kind, asked, changed, done_by) values ($1, $2, $3, $4::jsonb, $5, $6)
returning id, kind, asked::text as asked, changed, done_by, done_at, undone_by, undone_at
"""
LOCK_ACTION = "select undone_at from inbox_actions where workspace_id = $1 and id = $2 for update"
CHANGED = """
select feedback_id, before::text as before, after::text as after, insight::text as insight from triage_history
where workspace_id = $1 and action_id = $2 order by feedback_id
"""
UNDONE = """
update inbox_actions set undone_by = $3, undone_at = now() where workspace_id = $1 and id = $2
returning id, kind, asked::text as asked, changed, done_by, done_at, undone_by, undone_at
"""
LIST_ACTIONS = """
select id, kind, asked::text as asked, changed, done_by, done_at, undone_by, undone_at from inbox_actions
where workspace_id = $1 and id < $2 order by id desc limit $3
"""

# A statement that was snoozed anew meanwhile is asked again by `woken`, which sees the row as it is.
WORK = "select from triage where due <= now()"
WAKE = """
with due as (
    select t.workspace_id, t.feedback_id
    from triage t join feedback f on f.workspace_id = t.workspace_id and f.id = t.feedback_id
    where t.due <= now() order by t.due limit $1 for no key update of f skip locked
), woken as (
    update triage as t set due = null, changed_by = 'cairn', changed_at = now() from due
    where t.workspace_id = due.workspace_id and t.feedback_id = due.feedback_id and t.due <= now()
    returning t.workspace_id, t.feedback_id
), back as (
    update feedback as f set state = 'new' from woken
    where f.workspace_id = woken.workspace_id and f.id = woken.feedback_id and f.state = 'snoozed'
    returning f.workspace_id, f.id
)
insert into triage_history (workspace_id, feedback_id, kind, before, after, changed_by)
select workspace_id, id, 'wake', '{"state":"snoozed"}', '{"state":"new"}', 'cairn' from back
"""
