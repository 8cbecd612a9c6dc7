"""Boards, what stands on them, who may see them, and what was brought to them."""

_BOARD = """id, key, name, description, visibility, submissions, comments, voting, archived, version, created_at,
    updated_at"""
ADD = f"""
insert into boards (id, workspace_id, key, name, description, visibility, submissions, comments, voting)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (workspace_id, key) do nothing returning {_BOARD}
"""
GET = f"select {_BOARD} from boards where workspace_id = $1 and key = $2"
LOCK = f"select {_BOARD} from boards where workspace_id = $1 and key = $2 for no key update"
LIST = f"select {_BOARD} from boards where workspace_id = $1 and id > $2 order by id limit $3"
UPDATE = f"""
update boards set name = $3, description = $4, visibility = $5, submissions = $6, comments = $7, archived = $8,
    voting = $9, version = version + 1, updated_at = now()
where workspace_id = $1 and key = $2 returning {_BOARD}
"""
# An id is of one of the three, or of nobody.
KIND_OF = """
select 'contact' as kind from contacts where workspace_id = $1 and id = $2
union all select 'account' from accounts where workspace_id = $1 and id = $2
union all select 'segment' from segments where workspace_id = $1 and id = $2
"""
LET_IN = """
insert into board_members (board_id, member_id, workspace_id, kind) values ($2, $3, $1, $4)
on conflict (board_id, member_id) do nothing
"""
PUT_OUT = "delete from board_members where workspace_id = $1 and board_id = $2 and member_id = $3"
MEMBERS = """
select member_id, kind, created_at from board_members
where workspace_id = $1 and board_id = $2 and member_id > $3 order by member_id limit $4
"""
# Where it stood because of a merge, it has been put now.
PLACE = """
insert into board_ideas as p (board_id, idea_id, workspace_id, contact_id)
select board_id, idea_id, $1, contact_id
from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as n (board_id, idea_id, contact_id)
order by board_id, idea_id
on conflict (board_id, idea_id) do update set by_merge = false, contact_id = excluded.contact_id where p.by_merge
"""
# Held until the end: a merge at the same moment would not know of this board.
KNOWN_IDEA = "select merged_root from ideas where workspace_id = $1 and id = $2 for share"
# With whatever was merged into it: it would stand there because of those.
TAKE_OFF = """
delete from board_ideas as p using (
    select n.board_id, i.id as idea_id from unnest($2::uuid[], $3::uuid[]) as n (board_id, idea_id)
    join ideas i on i.workspace_id = $1 and (i.id = n.idea_id or i.merged_root = n.idea_id)
) as n
where p.workspace_id = $1 and p.board_id = n.board_id and p.idea_id = n.idea_id
"""
# An idea stands on every board that one merged into it was put on. Made anew of what was put by hand, so that nothing
# has to be remembered to take a merge back. $2 are ideas whose roots are looked at.
UNITE = """
with roots as (
    select distinct root from ideas where workspace_id = $1 and id = any($2::uuid[])
), standing as (
    select q.board_id, m.merged_root as idea_id,
        (array_agg(q.contact_id order by q.idea_id) filter (where q.contact_id is not null))[1] as contact_id
    from roots r join ideas m on m.workspace_id = $1 and m.merged_root = r.root
    join board_ideas q on q.workspace_id = $1 and q.idea_id = m.id and not q.by_merge
    group by q.board_id, m.merged_root
), gone as (
    delete from board_ideas p using roots r where p.workspace_id = $1 and p.idea_id = r.root and p.by_merge
      and not exists (select from standing s where s.board_id = p.board_id and s.idea_id = p.idea_id)
)
insert into board_ideas (board_id, idea_id, workspace_id, contact_id, by_merge)
select board_id, idea_id, $1, contact_id, true from standing order by board_id, idea_id
on conflict (board_id, idea_id) do nothing
"""
SUBMIT = """
insert into board_submissions (id, workspace_id, board_id, contact_id, title, description, state)
values ($1, $2, $3, $4, $5, $6, $7)
"""
LOCK_SUBMISSIONS = """
select id, board_id, contact_id, title, description, state, idea_id from board_submissions
where workspace_id = $1 and id = any($2::uuid[]) order by id for no key update
"""
DECIDE = """
update board_submissions as s set state = d.state, idea_id = d.idea_id
from unnest($2::uuid[], $3::text[], $4::uuid[]) as d (id, state, idea_id) where s.workspace_id = $1 and s.id = d.id
"""
