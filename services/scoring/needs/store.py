"""Needs, and which ideas would serve them, as rows."""

PROJECT = """
insert into needs (need_id, workspace_id, job, outcome, archived, importance, important, satisfaction, satisfied,
                   opportunity, version, event_id)
select need_id, workspace_id, job, outcome, archived, importance, important, satisfaction, satisfied, opportunity,
       version, event_id
from json_to_recordset($1::json) as n (need_id uuid, workspace_id uuid, job text, outcome text, archived boolean,
    importance int[], important int, satisfaction int[], satisfied int, opportunity float8, version bigint,
    event_id uuid)
on conflict (need_id) do update set
    job = excluded.job, outcome = excluded.outcome, archived = excluded.archived, importance = excluded.importance,
    important = excluded.important, satisfaction = excluded.satisfaction, satisfied = excluded.satisfied,
    opportunity = excluded.opportunity, version = excluded.version, event_id = excluded.event_id
where needs.workspace_id = excluded.workspace_id and needs.version < excluded.version
returning need_id
"""
# $1: the needs; $2 to $4: their links as they are now. What comes back are links that are no more.
LINK = """
with told as (
    select * from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as t (need_id, idea_id, workspace_id)
), added as (
    insert into need_ideas (need_id, idea_id, workspace_id) select need_id, idea_id, workspace_id from told
    on conflict (need_id, idea_id) do nothing
)
delete from need_ideas l where l.need_id = any($1::uuid[])
  and not exists (select from told t where t.need_id = l.need_id and t.idea_id = l.idea_id)
returning l.need_id, l.idea_id
"""
OF_IDEAS = """
select asked.position, n.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select n.need_id, n.importance, n.important, n.satisfaction, n.satisfied, n.event_id, n.version
    from need_ideas l cross join lateral (
        select * from needs where need_id = l.need_id and workspace_id = l.workspace_id limit 1
    ) as n
    where l.workspace_id = asked.workspace_id and l.idea_id = asked.idea_id and not n.archived
) as n order by asked.position, n.need_id
"""
_LISTED = """
select need_id, job, outcome, importance, important, satisfaction, satisfied, opportunity, version, event_id,
       array(select idea_id from need_ideas l where l.need_id = needs.need_id order by idea_id) as idea_ids
from needs where workspace_id = $1 and not archived
"""
# The index read backwards: one direction for both keys.
RANKED = f"""{_LISTED}
  and (opportunity, need_id) < ($2::float8, $3::uuid) order by opportunity desc, need_id desc limit $4
"""
NOT_RANKED = f"""{_LISTED}
  and opportunity is null and need_id < $2::uuid order by need_id desc limit $3
"""
