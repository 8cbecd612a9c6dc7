"""What questions are about as rows, and which ideas those are."""

from services.feedback.subjects.names import shortened


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

# An idea or a need by its key or its id, anything else by the name that questions give it in the rules of connections.
_SUBJECT = f"""
select i.id, coalesce(i.key, d.key, {shortened("$2::text")}) as name
from (select 1) as one left join ideas i on i.workspace_id = $1 and (i.key = $2 or i.id = $3)
left join needs d on d.workspace_id = $1 and d.id = $3
"""


# Ideas that are one are one feature, which goes by the name of the one that the others were merged into. A need is no
# idea: where importance is asked about (`ratings`), a name that a need has is that need's, and what is told of it by
# other ways, to scoring too, is the same. Such an idea is left by itself, and so are those that were merged into it.
def _needed(key: str) -> str:
    return f"exists (select from needs d where d.workspace_id = $1 and d.key = {key})"


def _feature(own: str, *, ratings: bool) -> str:
    """The id of the idea that an idea counts for."""
    if not ratings:
        return f"{own}.root"
    top = f"(select key from ideas where workspace_id = $1 and id = {own}.root)"
    return f"case when {_needed(f'{own}.key')} or {_needed(top)} then {own}.id else {own}.root end"


def _others(*, ratings: bool) -> str:
    theirs = f"and not {_needed('m.key')} and not {_needed('i.key')}" if ratings else ""
    return f"""array(
        select m.key from ideas m where m.workspace_id = $1 and m.merged_root = i.id {theirs} order by m.key
    ) as others"""


def _named(*, ratings: bool) -> str:
    return f"""
select coalesce(i.key, asked.name) as name, i.id, i.title, {_others(ratings=ratings)}
from ({_SUBJECT}) as asked left join ideas own on own.workspace_id = $1 and own.id = asked.id
left join ideas i on i.workspace_id = $1 and i.id = {_feature("own", ratings=ratings)}
"""


SUBJECT = {ratings: _named(ratings=ratings) for ratings in (False, True)}
"""By whether importance is what is asked about it."""
# Of the names that an idea goes by those that were asked about: a step of the index for each.
ASKED_ABOUT = """
select name from unnest($3::text[]) with ordinality as n (name, place) where (
    select true from survey_answers where workspace_id = $1 and measure = $2 and about = n.name limit 1
) order by place
"""


# A page of what is asked about under either of two measures, a step of the index for each: no answer is read for it.
_NEXT_ABOUT = """
least(
    (select s.about from survey_answers s
     where s.workspace_id = $1 and s.measure = $2 and s.about > {after} order by s.about limit 1),
    (select s.about from survey_answers s
     where s.workspace_id = $1 and s.measure = $3 and s.about > {after} order by s.about limit 1)
)
"""
_STEPS = f"""
recursive steps as (
    select {_NEXT_ABOUT.format(after="$4")} as about
    union all
    select {_NEXT_ABOUT.format(after="found.about")} from steps found where found.about is not null
)"""


def _listed(*, ratings: bool) -> str:
    """What is one stands where the first of the names stands that were asked about."""
    alone = f"and (m.id = n.feature or (not {_needed('m.key')} and not {_needed('top.key')}))" if ratings else ""
    return f"""
with {_STEPS}, named as (
    select s.about, {_feature("own", ratings=ratings)} as feature
    from steps s left join ideas own on own.workspace_id = $1 and own.key = s.about where s.about is not null
)
select found.about as place, coalesce(i.key, found.about) as name, i.id, i.title, {_others(ratings=ratings)}
from (
    select n.about, n.feature from named n where (
        select true from ideas m join ideas top on top.workspace_id = $1 and top.id = n.feature
        where m.workspace_id = $1 and (m.id = n.feature or m.merged_root = n.feature) and m.key < n.about {alone} and (
            select true from survey_answers a
            where a.workspace_id = $1 and a.measure in ($2, $3) and a.about = m.key limit 1
        ) limit 1
    ) is null limit $5
) as found left join ideas i on i.workspace_id = $1 and i.id = found.feature
order by found.about
"""


SUBJECTS = {ratings: _listed(ratings=ratings) for ratings in (False, True)}
"""Likewise."""
