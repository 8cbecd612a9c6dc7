"""Two ideas as one, for the length of a savepoint; and where a score would stand."""

IDEAS = """
select idea_id, title, kind, status, archived, merged_into from ideas
where workspace_id = $1 and idea_id = any($2::uuid[])
"""
# With those that were merged into it before, as feedback would tell.
MERGE = """
update ideas set merged_into = $3 where workspace_id = $1 and (idea_id = $2 or merged_into = $2)
"""
SERVE = """
insert into need_ideas (need_id, idea_id, workspace_id)
select need_id, $3, $1 from need_ideas where workspace_id = $1 and idea_id = $2 on conflict do nothing
"""
DEMAND = """
insert into demand as d (idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version, event_id)
values ($2, $1, $3, $4, $5, $6, $7, 'USD', 1, $2)
on conflict (idea_id) do update set votes = excluded.votes, insights = excluded.insights,
    contacts = excluded.contacts, accounts = excluded.accounts, mrr = excluded.mrr
where d.workspace_id = excluded.workspace_id
"""
NAMES = "select id, name from models where workspace_id = $1 and active"
# How many others ($5: those that are not) stand above, of those that rankings show; up to $6.
ABOVE = """
select count(*) from (
    select from scores s cross join lateral (
        select archived from ideas where idea_id = s.idea_id and workspace_id = s.workspace_id limit 1
    ) as i
    where s.workspace_id = $1 and s.model_id = $2 and (s.value, s.idea_id) > ($3::float8, $4::uuid)
      and s.idea_id <> all($5::uuid[]) and not i.archived
    order by s.value desc, s.idea_id desc limit $6
) as above
"""
