"""Who follows an idea, as rows."""

SAY = """
insert into idea_followers (idea_id, contact_id, workspace_id, follows) values ($2, $3, $1, $4)
on conflict (idea_id, contact_id) do update set follows = excluded.follows, said_at = clock_timestamp()
"""
# An idea and those that were merged into it. Of what somebody said of several, the last counts.
_MEMBERS = "(select $2::uuid as id union all select id from ideas where merged_root = $2) as m"
_SAID = f"""
(
    select f.follows from {_MEMBERS} join idea_followers f on f.idea_id = m.id and f.contact_id = c.contact_id
    order by f.said_at desc, f.idea_id limit 1
)
"""
# Each side in its own order, so that a page costs as much as it shows.
LIST = f"""
select w.contact_id, w.asked, p.external_id, p.email, p.name, p.account_id from (
    select contact_id, bool_or(asked) as asked from (
        (
            select c.contact_id, true as asked from idea_contacts c
            where c.workspace_id = $1 and c.idea_id = $2 and c.contact_id > $3 and coalesce({_SAID}, true)
            order by c.contact_id limit $4
        )
        union all
        (
            select distinct c.contact_id, false from {_MEMBERS} join idea_followers c on c.idea_id = m.id
            where c.workspace_id = $1 and c.contact_id > $3 and c.follows and coalesce({_SAID}, true)
            order by c.contact_id limit $4
        )
    ) as both_sides group by contact_id order by contact_id limit $4
) as w join contacts p on p.workspace_id = $1 and p.id = w.contact_id order by w.contact_id
"""
KNOWN = "select 1 from contacts where workspace_id = $1 and id = $2"
