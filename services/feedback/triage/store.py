"""The inbox as rows: where statements stand, and how they came to stand there.

A list looks at a bounded part of one index, in the order of arrival, and leaves out of that what its filters do not
want: whatever is asked for, a page reads no more than its window ($3). It also tells how far it looked, so that the
next page goes on from there even when nothing in the window was wanted.
"""

_STANDING = "t.assignee, t.due, t.note, t.changed_by, t.changed_at"
_SAID = "f.id, f.source, f.external_id, f.contact_id, f.product_id, f.text, f.said_at, f.received_at, f.state"
_LOOKED = f"f.workspace_id, {_SAID}"
_WANTED = """
    and ($5::text is null or f.source = $5)
    and ($6::uuid is null or f.product_id = $6)
    and ($7::uuid is null or exists (
        select from segment_members m where m.segment_id = $7 and m.workspace_id = $1 and m.member_id in (
            f.contact_id, (select c.account_id from contacts c where c.id = f.contact_id and c.workspace_id = $1)
        )
    ))
    and ($8::text is null or position(lower($8) in lower(f.text)) > 0)
    and ($9::text is null or t.assignee = $9)
    and ($10::text is null or f.state = $10)
    and (not $11 or t.assignee is null)
"""
_PAGE = f"""
seen.looked, seen.reach, m.*
from (
    select count(*)::int as looked, (select id from looked order by id {{back}} limit 1) as reach from looked
) as seen left join lateral (
    select {_SAID}, {_STANDING}
    from looked f left join triage t on t.workspace_id = f.workspace_id and t.feedback_id = f.id
    where true {_WANTED} order by f.id {{on}} limit $4
) as m on true order by m.id {{on}}
"""
_NEWEST, _OLDEST = _PAGE.format(on="desc", back="asc"), _PAGE.format(on="asc", back="desc")
_ANY = f"{_LOOKED} from feedback f where f.workspace_id = $1"
_NEW, _SEEN = f"{_ANY} and f.state = 'new'", f"{_ANY} and f.state <> 'new' and f.state = $10"
# Whoever is assigned has an index of their own; the state is left to the filters then.
_ASSIGNED = f"""
{_LOOKED} from triage a join feedback f on f.workspace_id = a.workspace_id and f.id = a.feedback_id
where a.workspace_id = $1 and a.assignee = $9
"""
_DOWN, _UP = "f.id < $2 order by f.id desc limit $3", "f.id > $2 order by f.id limit $3"
_DOWN_ASSIGNED = "a.feedback_id < $2 order by a.feedback_id desc limit $3"
_UP_ASSIGNED = "a.feedback_id > $2 order by a.feedback_id limit $3"
NEWEST_NEW = f"with looked as materialized (select {_NEW} and {_DOWN}) select {_NEWEST}"
OLDEST_NEW = f"with looked as materialized (select {_NEW} and {_UP}) select {_OLDEST}"
NEWEST_SEEN = f"with looked as materialized (select {_SEEN} and {_DOWN}) select {_NEWEST}"
OLDEST_SEEN = f"with looked as materialized (select {_SEEN} and {_UP}) select {_OLDEST}"
NEWEST_ASSIGNED = f"with looked as materialized (select {_ASSIGNED} and {_DOWN_ASSIGNED}) select {_NEWEST}"
OLDEST_ASSIGNED = f"with looked as materialized (select {_ASSIGNED} and {_UP_ASSIGNED}) select {_OLDEST}"
NEWEST_ANY = f"with looked as materialized (select {_ANY} and {_DOWN}) select {_NEWEST}"
OLDEST_ANY = f"with looked as materialized (select {_ANY} and {_UP}) select {_OLDEST}"

GET = f"""
select {_LOOKED}, {_STANDING} from feedback f
left join triage t on t.workspace_id = f.workspace_id and t.feedback_id = f.id where f.workspace_id = $1 and f.id = $2
"""
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
