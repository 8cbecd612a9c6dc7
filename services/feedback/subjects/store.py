"""What questions are about as rows, and which ideas those are."""


def _sum(column: str) -> str:
    return f"""array(
        select was + more from unnest(t.{column}, excluded.{column}) with ordinality as s (was, more, place)
        order by place
    )"""


# In one order for everybody, so that batches wait and never deadlock; added one by one, so that a subject that
# thousands answer about costs the same as a new one.
COUNT = f"""
insert into subjects as t (workspace_id, about, ratings, importance, satisfaction, kano, kano_version)
select workspace_id, about, ratings, importance, satisfaction, kano, kano_version from json_to_recordset($1::json)
    as d (workspace_id uuid, about text, ratings int, importance int[], satisfaction int[], kano int[],
        kano_version bigint)
order by workspace_id, about collate "C"
on conflict (workspace_id, about) do update set ratings = t.ratings + excluded.ratings,
    importance = {_sum("importance")}, satisfaction = {_sum("satisfaction")}, kano = {_sum("kano")},
    kano_version = t.kano_version + excluded.kano_version
"""
# By workspace, after what is counted and before what needs have: shared by whoever tells what was counted, alone for
# whoever merges. One of the two then sees what the other did.
HOLD = """
select case when $2 then pg_advisory_xact_lock(place) else pg_advisory_xact_lock_shared(place) end
from (
    select distinct hashtextextended(workspace_id::text, 14) as place from unnest($1::uuid[]) as w (workspace_id)
    order by place
) as held
"""
# Whoever makes an idea waits here for answers about its key that are being counted, so that one of the two tells of it.
# `united`: it is counted with others, or once was.
TOLD = """
select i.workspace_id, i.root as idea_id, s.about, s.kano_version as version, s.kano, i.root <> i.id
    or exists (select from ideas m where m.merged_root = i.id and m.workspace_id = i.workspace_id)
    or exists (select from kano_unions u where u.idea_id = i.id and u.workspace_id = i.workspace_id) as united
from unnest($1::uuid[], $2::text[]) as asked (workspace_id, about)
join subjects s on s.workspace_id = asked.workspace_id and s.about = asked.about
join ideas i on i.workspace_id = s.workspace_id and i.key = s.about
where s.kano_version > 0 order by i.id for no key update of s
"""

# Of these ideas, those that were asked about, or what was merged into them, or that were told of as one with others.
ASKED = """
select i.id from ideas i where i.workspace_id = $1 and i.id = any($2::uuid[]) and (
    exists (select from kano_unions u where u.idea_id = i.id and u.workspace_id = $1)
    or exists (
        select from ideas m join subjects s on s.workspace_id = $1 and s.about = m.key and s.kano_version > 0
        where m.workspace_id = $1 and (m.id = i.id or m.merged_root = i.id)
    )
) order by i.id
"""
# Held until the end by whoever tells of an idea, in one order; what is counted after this is the last word.
NUMBER = """
insert into kano_unions as u (idea_id, workspace_id, version)
select i.id, i.workspace_id, 1 + coalesce(
    (select s.kano_version from subjects s where s.workspace_id = i.workspace_id and s.about = i.key), 0)
from ideas i where i.id = any($1::uuid[]) order by i.id
on conflict (idea_id) do update set version = u.version + 1
returning idea_id, workspace_id, version
"""
# Each respondent once, with the latest pair about any of the ideas that are one. Of a merged idea nothing.
UNITED = """
select i.id as idea_id, l.value::int as value, l.without, count(*) as respondents
from ideas i cross join lateral (
    select distinct on (a.respondent) a.value, a.without
    from (
        select i.key where i.root = i.id
        union all select m.key from ideas m where m.merged_root = i.id and m.workspace_id = i.workspace_id
    ) as one
    join survey_answers a on a.workspace_id = i.workspace_id and a.measure = 'kano' and a.about = one.key
        and a.superseded_at is null
    order by a.respondent, a.said_at desc, a.feedback_id desc, a.position desc
) as l
where i.id = any($1::uuid[]) group by i.id, l.value, l.without
"""
