"""Votes as rows."""

ADD = """
insert into votes (id, workspace_id, idea_id, contact_id, importance, on_behalf, cast_by, source_url, reason, mrr)
select v.id, v.workspace_id, v.idea_id, v.contact_id, v.importance, v.on_behalf, v.cast_by, v.source_url, v.reason,
       coalesce(a.mrr, 0)
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::uuid[], $8::text[],
            $9::text[])
     as v (id, workspace_id, idea_id, contact_id, importance, on_behalf, cast_by, source_url, reason)
join contacts c on c.id = v.contact_id left join accounts a on a.id = c.account_id
on conflict (idea_id, contact_id) do nothing
returning id
"""
STANDING = """
select v.idea_id, v.contact_id, v.id from unnest($1::uuid[], $2::uuid[]) as asked (idea_id, contact_id)
join votes v on v.idea_id = asked.idea_id and v.contact_id = asked.contact_id
"""
_VOTE = "id, idea_id, contact_id, importance, on_behalf, cast_by, source_url, reason, mrr, created_at"
GET = f"select {_VOTE} from votes where workspace_id = $1 and id = $2"
# With those that were merged into it, each in its own order.
LIST = f"""
select v.* from (select $2::uuid as id union all select id from ideas where merged_root = $2) as m cross join lateral (
    select {_VOTE} from votes where workspace_id = $1 and idea_id = m.id and id > $3 order by id limit $4
) as v order by id limit $4
"""
WITHDRAW = "delete from votes where workspace_id = $1 and id = $2"
