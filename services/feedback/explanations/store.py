"""What decides on who sees what, as facts."""

# Of a record's boards each, whoever may see it: whether it is open, and what ties the contact ($4) to it.
BOARDS = """
select b.key, b.visibility, b.archived, i.archived as idea_archived, b.id as board_id,
    coalesce(p.contact_id = $4::uuid, false) as own,
    exists (
        select from board_members m where m.workspace_id = $1 and m.board_id = b.id and m.member_id in (
            select $4 union all select account_id from contacts where workspace_id = $1 and id = $4
            union all select segment_id from segment_members where workspace_id = $1 and member_id in (
                select $4 union all select account_id from contacts where workspace_id = $1 and id = $4
            )
        )
    ) as member
from boards b
left join board_ideas p on p.workspace_id = $1 and p.board_id = b.id and p.idea_id = $3::uuid
left join ideas i on i.workspace_id = $1 and i.id = p.idea_id
where b.workspace_id = $1 and ($2::text is null or b.key = $2) and ($3 is null or p.idea_id is not null)
order by b.id limit $5
"""
IDEA = "select id from ideas where workspace_id = $1 and id = $2"
BOARD = "select id from boards where workspace_id = $1 and key = $2"
FEEDBACK = "select id from feedback where workspace_id = $1 and id = $2"
CONTACT = "select id from contacts where workspace_id = $1 and id = $2"
COMMENT = """
select c.id, c.idea_id, c.board_id, c.visibility, c.state, c.deleted_at is not null as deleted, c.contact_id,
    c.parent_id is not null and (r.visibility <> 'public' or r.state <> 'shown') as answers_hidden
from comments c left join comments r on r.workspace_id = $1 and r.id = c.parent_id
where c.workspace_id = $1 and c.id = $2
"""
SUBMISSION = """
select s.id, b.key as board, s.contact_id, s.state
from board_submissions s join boards b on b.workspace_id = $1 and b.id = s.board_id
where s.workspace_id = $1 and s.id = $2
"""
