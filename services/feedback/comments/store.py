"""Comments as rows."""

COLUMNS = (
    "id",
    "idea_id",
    "feedback_id",
    "board_id",
    "parent_id",
    "visibility",
    "state",
    "contact_id",
    "author",
    "signature",
    "text",
    "edited_at",
    "deleted_at",
    "version",
    "created_at",
)
_COMMENT = ", ".join(COLUMNS)
KNOWN_IDEA = "select merged_root from ideas where workspace_id = $1 and id = $2 for key share"
# The idea that a comment is on, where it and another idea are one by now.
THREAD = """
select c.idea_id from comments c
join ideas t on t.workspace_id = $1 and t.id = c.idea_id
join ideas i on i.workspace_id = $1 and i.id = $3 and i.root = t.root
where c.workspace_id = $1 and c.id = $2
"""
KNOWN_FEEDBACK = "select 1 from feedback where workspace_id = $1 and id = $2 for key share"
PLACED = """
select b.id, b.visibility, p.contact_id, p.idea_id is not null as placed
from boards b left join board_ideas p on p.workspace_id = $1 and p.board_id = b.id
    and p.idea_id = (select root from ideas where workspace_id = $1 and id = $3)
where b.workspace_id = $1 and b.key = $2
"""
ADD = f"""
insert into comments (id, workspace_id, idea_id, feedback_id, board_id, parent_id, visibility, state, contact_id,
    author, signature, text)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning {_COMMENT}
"""
GET = f"select {_COMMENT} from comments where workspace_id = $1 and id = $2"
_LIST = f"select {_COMMENT} from comments where workspace_id = $1 and id > $2 and ($3::text is null or visibility = $3)"
LIST = f"{_LIST} order by id limit $4"
# Of the idea and of those that were merged into it, a page of each at most.
LIST_IDEA = f"""
select c.* from ideas i cross join lateral (
    {_LIST} and idea_id = i.id and ($6::uuid is null or feedback_id = $6) order by id limit $4
) as c
where i.workspace_id = $1 and (i.id = $5 or i.merged_root = $5) order by c.id limit $4
"""
LIST_FEEDBACK = f"{_LIST} and feedback_id = $5 order by id limit $4"
# With their threads' roots, for a root decides on what is seen of its answers; in one order for all.
LOCK = f"""
select {_COMMENT} from comments where workspace_id = $1 and id in (
    select c from unnest($2::uuid[]) as asked (c)
    union select parent_id from comments where workspace_id = $1 and id = any($2::uuid[]) and parent_id is not null
) order by id for no key update
"""
# Of each thread by its root: what of it is public, stands, and hangs on something that is and does. By the board that
# each comment is on: answers may be on one board where their root is on all.
SHOWN = """
select c.idea_id, coalesce(c.board_id, '00000000-0000-0000-0000-000000000000'::uuid) as board_id, count(*)::int as shown
from comments r cross join lateral (
    select r.idea_id, r.board_id where r.deleted_at is null
    union all select a.idea_id, a.board_id from comments a
    where a.parent_id = r.id and a.visibility = 'public' and a.state = 'shown' and a.deleted_at is null
) c
where r.workspace_id = $1 and r.id = any($2::uuid[]) and r.visibility = 'public' and r.state = 'shown'
group by 1, 2
"""
COUNT = """
insert into comment_counts as c (idea_id, board_id, workspace_id, shown)
select idea_id, board_id, $1, step from unnest($2::uuid[], $3::uuid[], $4::int[]) as n (idea_id, board_id, step)
order by idea_id, board_id
on conflict (idea_id, board_id) do update set shown = c.shown + excluded.shown
"""
EDIT = f"""
update comments set text = $3, state = $4, edited_at = now(), version = version + 1
where workspace_id = $1 and id = $2 returning {_COMMENT}
"""
KEEP = """
insert into comment_versions (comment_id, version, workspace_id, text, replaced_by) values ($2, $3, $1, $4, $5)
"""
HISTORY = """
select version, text, replaced_by, replaced_at from comment_versions
where workspace_id = $1 and comment_id = $2 and version < $3 order by version desc limit $4
"""
BURY = f"""
update comments set text = '', deleted_at = now(), version = version + 1
where workspace_id = $1 and id = $2 returning {_COMMENT}
"""
FORGET_VERSIONS = "delete from comment_versions where workspace_id = $1 and comment_id = $2"
DECIDE = f"""
update comments as c set state = d.state, version = c.version + 1
from unnest($2::uuid[], $3::text[]) as d (id, state)
where c.workspace_id = $1 and c.id = d.id and c.state <> d.state
returning {", ".join("c." + column for column in COLUMNS)}
"""
FORGET_MENTIONS = "delete from comment_mentions where workspace_id = $1 and comment_id = $2"
# An id that is no contact's is no mention.
MENTION = """
insert into comment_mentions (mentioned, comment_id, workspace_id)
select n.mentioned, $2, $1 from unnest($3::text[], $4::uuid[]) as n (mentioned, contact_id)
where n.contact_id is null
    or exists (select from contacts c where c.workspace_id = $1 and c.id = n.contact_id)
"""
MENTIONS = f"""
select {", ".join("c." + column for column in COLUMNS)}
from comment_mentions m join comments c on c.workspace_id = $1 and c.id = m.comment_id
where m.workspace_id = $1 and m.mentioned = $4 and m.comment_id < $2 order by m.comment_id desc limit $3
"""
SOURCE = "select source from moderation_entries where workspace_id = $1 and subject_id = $2"

# Two imports of one source go one after the other.
HOLD_ORIGINS = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text || ':' || $2::text, 13))"
BROUGHT = """
select o.external_id from unnest($3::text[]) as asked (external_id)
join comment_origins o on o.workspace_id = $1 and o.source = $2 and o.external_id = asked.external_id
"""
BRING = f"""
with given as materialized (
    select * from json_to_recordset($4::json) as n (id uuid, external_id text, idea_id uuid, text text, visibility text,
        contact_id uuid, signature text, answers text, created_at timestamptz)
), brought as (
    insert into comments (id, workspace_id, idea_id, visibility, state, contact_id, author, signature, text, created_at)
    select id, $1, idea_id, visibility, 'shown', contact_id, $2, signature, text, coalesce(created_at, now())
    from given order by id returning {_COMMENT}
), noted as (
    insert into comment_origins (workspace_id, source, external_id, comment_id, answers)
    select $1, $3, external_id, id, answers from given
)
select {_COMMENT} from brought
"""
# From each answer along the chain to its beginning; what answers itself in a circle has none.
ANSWERS = """
with recursive waiting as materialized (
    select external_id, comment_id, answers from comment_origins
    where workspace_id = $1 and source = $2 and answers is not null and external_id > $3
    order by external_id limit $4
), chain as (
    select w.external_id, t.comment_id as root_id, t.answers, 1 as depth
    from waiting w
    join comment_origins t on t.workspace_id = $1 and t.source = $2 and t.external_id = w.answers
    where t.comment_id <> w.comment_id
    union all
    select c.external_id, t.comment_id, t.answers, c.depth + 1
    from chain c join comment_origins t on t.workspace_id = $1 and t.source = $2 and t.external_id = c.answers
    where c.depth < 50
)
select w.external_id, w.comment_id, coalesce(r.parent_id, r.id) as root_id
from waiting w
left join chain c on c.external_id = w.external_id and (c.answers is null or not exists (
    select from comment_origins n where n.workspace_id = $1 and n.source = $2 and n.external_id = c.answers
))
left join comments r on r.workspace_id = $1 and r.id = c.root_id and r.id <> w.comment_id
order by w.external_id
"""
JOIN = f"""
with held as materialized (
    select id, parent_id, idea_id, visibility, state, deleted_at from comments
    where workspace_id = $1 and id = any($2::uuid[] || $3::uuid[]) order by id for no key update
)
update comments as c set parent_id = r.id, version = c.version + 1
from unnest($2::uuid[], $3::uuid[]) as n (id, root_id) join held r on r.id = n.root_id join held a on a.id = n.id
where c.workspace_id = $1 and c.id = n.id and a.id <> r.id and a.parent_id is null and a.deleted_at is null
    and r.parent_id is null and r.deleted_at is null and a.idea_id = r.idea_id
    and (a.visibility = 'internal' or (r.visibility = 'public' and r.state = 'shown'))
    and not exists (select from comments below where below.workspace_id = $1 and below.parent_id = c.id)
returning {", ".join("c." + column for column in COLUMNS)}
"""
JOINED = "update comment_origins set answers = null where workspace_id = $1 and comment_id = any($2::uuid[])"
