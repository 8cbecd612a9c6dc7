"""What can be seen of boards from outside.

Every statement here begins with `_VISIBLE` and goes on from what that lets through; a test holds them to it. Each takes
the same first four arguments, made by `Viewer.at`: the workspace, the board's key, how somebody looks, and the contact
who does (null for the others).
"""

# A board that this viewer may know of; the ideas on it that they may see, merged ones as what they went into; the
# public comments on those; and what they themselves have brought. Internal comments, refused ones, and what waits but
# is not the viewer's own never get through. Nothing here says who voted, who commented, or what any of it is worth; how
# the writer is called comes along to be taken out of the words (`known`), and goes no further.
# Not materialized: named twice, even where one of the two is not asked, ideas would be put together whole before a page
# is taken of them.
_VISIBLE = """
visible_board as (
    select b.id, b.key, b.name, b.description, b.visibility, b.submissions, b.comments from boards b
    where b.workspace_id = $1 and b.key = $2::text and not b.archived and (
        $3::text = 'team' or b.visibility in ('public', 'one_way')
        or $3 = 'contact' and exists (
            select from board_members m where m.workspace_id = $1 and m.board_id = b.id and m.member_id in (
                select $4::uuid
                union all select c.account_id from contacts c where c.workspace_id = $1 and c.id = $4
                union all select s.segment_id from segment_members s where s.workspace_id = $1 and s.member_id in (
                    select $4 union all select c.account_id from contacts c where c.workspace_id = $1 and c.id = $4
                )
            )
        )
    )
), visible_ideas as not materialized (
    select i.id, i.title, i.description, i.status, i.created_at, b.id as board_id, b.comments as commentable,
        p.contact_id is not null as from_customer, coalesce($3 = 'contact' and p.contact_id = $4, false) as mine,
        coalesce(d.votes, 0) as votes, n.comments, w.known
    from visible_board b
    join board_ideas p on p.workspace_id = $1 and p.board_id = b.id
    join ideas i on i.workspace_id = $1 and i.id = p.idea_id and not i.archived and i.merged_root is null
    left join demand d on d.workspace_id = $1 and d.idea_id = i.id
    cross join lateral (
        select coalesce(sum(t.shown), 0)::int as comments from ideas m
        join comment_counts t on t.workspace_id = $1 and t.idea_id = m.id
        where m.workspace_id = $1 and (m.id = i.id or m.merged_root = i.id)
            and t.board_id in (b.id, '00000000-0000-0000-0000-000000000000'::uuid)
    ) n
    left join lateral (
        select array_remove(array[c.name, c.email], null) as known from contacts c
        where c.workspace_id = $1 and c.id = p.contact_id
    ) as w on true
    where $3 = 'team' or b.visibility <> 'one_way' or $3 = 'contact' and p.contact_id = $4
), visible_comments as not materialized (
    select c.id, i.id as idea_id, c.parent_id, c.signature, c.state, c.edited_at is not null as edited, c.created_at,
        c.deleted_at is not null as deleted, c.text, c.contact_id is not null as from_customer,
        coalesce($3 = 'contact' and c.contact_id = $4, false) as mine, w.known
    from visible_ideas i
    join ideas m on m.workspace_id = $1 and (m.id = i.id or m.merged_root = i.id)
    join comments c on c.workspace_id = $1 and c.idea_id = m.id and c.visibility = 'public'
        and (c.board_id is null or c.board_id = i.board_id)
    left join comments r on r.workspace_id = $1 and r.id = c.parent_id
    left join lateral (
        select array_remove(array[o.name, o.email], null) as known from contacts o
        where o.workspace_id = $1 and o.id = c.contact_id
    ) as w on true
    where (c.state = 'shown' or c.state = 'pending' and c.deleted_at is null
            and ($3 = 'team' or $3 = 'contact' and c.contact_id = $4))
        and (c.parent_id is null or r.visibility = 'public' and r.state = 'shown')
), visible_submissions as (
    select s.id, s.title, s.description, s.state, s.idea_id, s.created_at,
        array_remove(array[c.name, c.email], null) as known
    from visible_board b join board_submissions s on s.workspace_id = $1 and s.board_id = b.id
    left join contacts c on c.workspace_id = $1 and c.id = s.contact_id
    where $3 = 'contact' and s.contact_id = $4 and s.state in ('pending', 'shown')
), visible_moves as (
    select m.id, i.id as root from visible_ideas i join ideas m on m.workspace_id = $1 and m.merged_root = i.id
    join board_ideas p on p.workspace_id = $1 and p.board_id = i.board_id and p.idea_id = m.id
)
"""
_BOARD = "key, name, description, visibility, submissions, comments"
_IDEA = "id, title, description, status, votes, comments, from_customer, mine, created_at, known"
_COMMENT = "id, parent_id, signature, state, edited, deleted, text, from_customer, mine, created_at, known"
BOARD = f"with {_VISIBLE} select id, {_BOARD} from visible_board"
IDEAS = f"""
with {_VISIBLE} select {_IDEA} from visible_ideas where id < $5 and ($7::text is null or status = $7)
order by id desc limit $6
"""
IDEA = f"with {_VISIBLE} select {_IDEA}, commentable from visible_ideas where id = $5"
# Who saw an idea here before it was merged hears where it went.
MOVED = f"with {_VISIBLE} select root from visible_moves where id = $5"
COMMENTS = (
    f"with {_VISIBLE} select {_COMMENT} from visible_comments where idea_id = $5 and id > $6 order by id limit $7"
)
COMMENT = f"with {_VISIBLE} select {_COMMENT}, idea_id from visible_comments where id = $5"
SUBMISSIONS = f"""
with {_VISIBLE} select id, title, description, state, idea_id, created_at, known from visible_submissions
where id < $5 order by id desc limit $6
"""
