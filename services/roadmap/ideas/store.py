"""What other services say of ideas, as rows. Each statement takes a batch and keeps what is newer than it has."""

PROJECT_IDEAS = """
insert into ideas (idea_id, workspace_id, title, kind, archived, version, merged_into)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::bigint[], $7::uuid[])
on conflict (idea_id) do update set
    title = excluded.title, kind = excluded.kind, archived = excluded.archived, version = excluded.version,
    merged_into = excluded.merged_into
where ideas.version < excluded.version
"""
PROJECT_DEMAND = """
insert into demand (idea_id, workspace_id, votes, contacts, accounts, version)
select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
on conflict (idea_id) do update set
    votes = excluded.votes, contacts = excluded.contacts, accounts = excluded.accounts, version = excluded.version
where demand.version < excluded.version
"""
PROJECT_SCORES = """
insert into scores (score_id, workspace_id, idea_id, model_id, model_version, state, value, version)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::float8[], $8::bigint[])
on conflict (score_id) do update set
    model_version = excluded.model_version, state = excluded.state, value = excluded.value, version = excluded.version
where scores.version < excluded.version
"""
IDEA = "select title, merged_into from ideas where workspace_id = $1 and idea_id = $2"
KNOWN = """
select asked.idea_id, i.title, i.merged_into, coalesce(d.votes, 0) as votes, coalesce(d.contacts, 0) as people,
    coalesce(d.accounts, 0) as accounts
from unnest($2::uuid[]) with ordinality as asked (idea_id, position)
left join ideas i on i.idea_id = asked.idea_id and i.workspace_id = $1
left join demand d on d.idea_id = coalesce(i.merged_into, asked.idea_id) and d.workspace_id = $1
order by asked.position
"""
SCORES = """
select asked.idea_id, s.score_id, s.model_id, s.model_version, s.state, s.value, s.version
from unnest($2::uuid[]) as asked (idea_id)
left join ideas i on i.idea_id = asked.idea_id and i.workspace_id = $1
join scores s on s.workspace_id = $1 and s.idea_id = coalesce(i.merged_into, asked.idea_id)
order by asked.idea_id, s.model_id
"""
