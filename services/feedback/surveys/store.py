"""Survey answers as rows: kept with the statements that hold them, counted without reading those."""

# Whoever keeps a respondent's answers has them alone until the end: which of them is the latest depends on the others.
# In one order, so that batches wait and never deadlock.
HOLD = """
select pg_advisory_xact_lock(hashtextextended(respondent::text, 12)) from (
    select coalesce(f.contact_id, f.id) as respondent
    from unnest($1::uuid[], $2::uuid[]) as touched (workspace_id, feedback_id)
    join feedback f on f.workspace_id = touched.workspace_id and f.id = touched.feedback_id
    union
    select s.respondent from unnest($1::uuid[], $2::uuid[]) as touched (workspace_id, feedback_id)
    cross join lateral (
        select respondent from survey_answers
        where workspace_id = touched.workspace_id and feedback_id = touched.feedback_id order by position
    ) as s
    order by respondent
) as held
"""
ANY_KEPT = """
select exists (
    select from unnest($1::uuid[], $2::uuid[]) as touched (workspace_id, feedback_id)
    join survey_answers s on s.workspace_id = touched.workspace_id and s.feedback_id = touched.feedback_id
)
"""
_ANSWER = "s.feedback_id, s.about, s.measure, s.value, s.without, s.low, s.high"
FORGET = f"""
delete from survey_answers as s using unnest($1::uuid[], $2::uuid[]) as touched (workspace_id, feedback_id)
where s.workspace_id = touched.workspace_id and s.feedback_id = touched.feedback_id
returning s.workspace_id, s.respondent, {_ANSWER}, (s.superseded_at is null)::int as counts
"""
# A name that is too long for an index, and for a cursor, keeps its beginning: many jobs begin alike, so with its hash.
_SHORT = """case when char_length({name}) <= 90 then {name}
    else left({name}, 57) || '~' || left(encode(sha256(convert_to({name}, 'UTF8')), 'hex'), 32) end"""
_ID = "'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'"
# From the answers as they are stored. An idea or a need that is named by its id has its key here, so that whoever is
# asked about it under both names answers the same. Of two Kano questions of one kind about the same the first counts; a
# pair that names nothing, or lacks its other half, is none.
KEEP = f"""
insert into survey_answers as s (workspace_id, feedback_id, position, measure, about, respondent, contact_id, value,
    without, low, high, product_id, connection_id, source, release, said_at)
select f.workspace_id, f.id, a.position, a.measure, a.about, coalesce(f.contact_id, f.id), f.contact_id, a.value,
    a.without, a.low, a.high, coalesce(f.product_id, c.product_id), f.connection_id, f.source,
    left(nullif(f.attributes ->> 'release', ''), 200), f.said_at
from unnest($1::uuid[], $2::uuid[]) as touched (workspace_id, feedback_id)
join feedback f on f.workspace_id = touched.workspace_id and f.id = touched.feedback_id
left join connections c on c.id = f.connection_id and c.workspace_id = f.workspace_id
cross join lateral (
    with said as (
        select e.position, e.answer ->> 'kind' as kind,
            {_SHORT.format(name="n.about")} as about,
            e.answer -> 'value' as value, e.answer -> 'scale' as scale,
            array_position(array['like', 'expect', 'neutral', 'tolerate', 'dislike'], e.answer ->> 'value') as feeling
        from jsonb_array_elements(f.answers) with ordinality as e (answer, position),
            lateral (select coalesce(e.answer ->> 'about', '') as named,
                case when e.answer ->> 'about' ~* {_ID} then (e.answer ->> 'about')::uuid end as id) as named
            left join ideas i on i.workspace_id = f.workspace_id and i.id = named.id
            left join needs d on d.workspace_id = f.workspace_id and d.id = named.id,
            lateral (select coalesce(i.key, d.key, named.named) as about) as n
    )
    select said.position, said.kind as measure, said.about, (said.value #>> '{{}}')::float8 as value,
        null::int as without, (said.scale ->> 0)::float8 as low, (said.scale ->> 1)::float8 as high
    from said
    where said.kind in ('nps', 'csat', 'ces', 'importance', 'satisfaction') and jsonb_typeof(said.value) = 'number'
      and (said.kind <> 'nps' or (said.value #>> '{{}}')::float8 = any('{{0,1,2,3,4,5,6,7,8,9,10}}'::float8[]))
    union all
    (
        select distinct on (w.about) w.position, 'kano', w.about, w.feeling, o.feeling, null, null
        from said w join said o on o.about = w.about
        where w.kind = 'kano_functional' and o.kind = 'kano_dysfunctional' and w.about <> ''
          and w.feeling is not null and o.feeling is not null
        order by w.about, w.position, o.position
    )
) as a
returning s.workspace_id, s.respondent, {_ANSWER}, 1 as counts
"""
# An answer counts in a period when it is its respondent's last in there: said before its end, and not superseded before
# its end. So each counts once in any period whatever, and nothing has to be made distinct when it is counted.
# While the statistics say that the table is empty, the planner takes any index for as good as another and would read
# the whole table for one respondent, until they are renewed. The orders here and in HOLD name the index; `ctid` finds
# the row again, which HOLD keeps in its place.
CHAIN = f"""
update survey_answers as s set superseded_at = chain.next
from (
    select a.ctid, a.superseded_at as before, lead(a.said_at) over (
        partition by touched.workspace_id, touched.respondent, a.measure, a.about
        order by a.said_at, a.feedback_id, a.position
    ) as next
    from (select distinct * from unnest($1::uuid[], $2::uuid[])) as touched (workspace_id, respondent)
    cross join lateral (
        select ctid, * from survey_answers
        where workspace_id = touched.workspace_id and respondent = touched.respondent
        order by measure, about, said_at
    ) as a
) as chain
where s.ctid = chain.ctid and chain.before is distinct from chain.next
returning s.workspace_id, s.respondent, {_ANSWER},
    (chain.next is null)::int - (chain.before is null)::int as counts
"""

# Until the end of the transaction. Who is in which group is held in memory, not on disk; and a plan is made for what is
# asked: one for any filter would have to read every row that the index alone could count.
ROOMY = "select set_config('work_mem', '64MB', true), set_config('plan_cache_mode', 'force_custom_plan', true)"
SEGMENT = "select id, key, name from segments where workspace_id = $1 and (key = $2 or id = $3)"
PRODUCT = "select id, key, name from products where workspace_id = $1 and (key = $2 or id = $3)"
# An idea or a need by its key or its id, anything else by the name that questions give it in the rules of connections.
SUBJECT = f"""
select i.id, i.title, coalesce(i.key, d.key, {_SHORT.format(name="$2::text")}) as name
from (select 1) as one left join ideas i on i.workspace_id = $1 and (i.key = $2 or i.id = $3)
left join needs d on d.workspace_id = $1 and d.id = $3
"""

# $1 workspace, $2 measures, $3 from, $4 to (midnights, UTC), $5 what they are about, $6 product, $7 connection, $8
# segment; null: any.
_FILTERED = """
  and ($5::text[] is null or a.about = any($5)) and ($6::uuid is null or a.product_id = $6)
  and ($7::uuid is null or a.connection_id = $7)
"""
_LAST_IN = f"""
from survey_answers a
where a.workspace_id = $1 and a.measure = any($2::text[]) and a.said_at >= {{start}} and a.said_at < {{end}}
  and (a.superseded_at is null or a.superseded_at >= {{end}}) {_FILTERED}
"""
_CELL = "a.measure, a.value, a.without, a.low, a.high"
_COLUMNS = "measure, about, value, without, low, high, product_id, connection_id, source, release"


def _said(start: str, end: str) -> str:
    """The answers themselves, where it matters who gave them."""
    return f"""from (
        select {_COLUMNS}, contact_id, 1 as n {_LAST_IN.format(start=start, end=end)}
          and ($8::uuid is null or a.contact_id in (
              select m.member_id from segment_members m where m.workspace_id = $1 and m.segment_id = $8
              union
              select c.id from segment_members m join contacts c on c.account_id = m.member_id and c.workspace_id = $1
              where m.workspace_id = $1 and m.segment_id = $8
          ))
    ) as a"""


_MONTH_OF_END = "date_trunc('month', $4::timestamptz at time zone 'UTC')"


def _alike(gone: str, since: str) -> str:
    """What is alike is counted already, by the day it was said on and the month it was superseded in.

    With what has changed since. Of what was superseded in the month that the period ends in, the answers say whether
    that was after its end; there are none where it ends with a month, or is not over. `gone`: the first month in which
    it may have been superseded, `since`: the first moment at which those answers were said.
    """
    kept = f"""select {_COLUMNS}, said_on, n from {{}} a
        where a.workspace_id = $1 and a.measure = any($2::text[])
          and a.said_on >= ($3::timestamptz at time zone 'UTC')::date
          and a.said_on < ($4::timestamptz at time zone 'UTC')::date and a.gone_in >= {gone} {_FILTERED}"""
    return f"""from (
        {kept.format("survey_cells")} union all {kept.format("survey_changes")}
        union all
        select {_COLUMNS}, (said_at at time zone 'UTC')::date, 1 from survey_answers a
        where {_MONTH_OF_END} <> $4::timestamptz at time zone 'UTC' and a.workspace_id = $1
          and a.measure = any($2::text[]) and a.superseded_at >= $4
          and a.superseded_at < ({_MONTH_OF_END} + interval '1 month') at time zone 'UTC'
          and a.said_at >= {since} and a.said_at < $4 {_FILTERED}
    ) as a"""


# As a date: row security lets no index compare one with a timestamp, which may fail.
_ALIKE = _alike(
    f"""(case when {_MONTH_OF_END} = $4::timestamptz at time zone 'UTC' then {_MONTH_OF_END}
        else {_MONTH_OF_END} + interval '1 month' end)::date""",
    "$3",
)
# By month: superseded in a later one than it was said in. Months are told by their first days, so that is in any that
# begins behind the day it was said on. The month that the period ends in may end with it.
_ALIKE_BY_MONTH = _alike("a.said_on + 1", f"greatest($3, {_MONTH_OF_END} at time zone 'UTC')")


# Periods are UTC, whatever zone the session has; one that the window cuts ends with it.
_PERIODS = """
from generate_series(
    date_trunc('{unit}', $3::timestamptz at time zone 'UTC'), $4::timestamptz at time zone 'UTC', interval '1 {unit}'
) as first cross join lateral (
    select greatest($3, first at time zone 'UTC') as start,
        least($4, (first + interval '1 {unit}') at time zone 'UTC') as finish
) as period
"""
_N = "sum(a.n)::bigint as n"


def _by(among: str) -> dict[str | None, str]:
    """For each way to group (None: all in one) how many answers there are of each value."""

    def of(key: str, name: str = "null", joined: str = "") -> str:
        more = "" if key == "null" else f"{key}, "
        return f"select {key} as key, {name} as name, {_CELL}, {_N} {among} {joined} group by {more}{_CELL}"

    def named(column: str, key: str, table: str) -> str:
        return f"""
select {key} as key, t.name, cells.* from (
    select a.{column}, {_CELL}, {_N} {among} group by a.{column}, {_CELL}
) as cells left join {table} t on t.id = cells.{column} and t.workspace_id = $1"""

    return {
        None: of("null"),
        "source": of("a.source"),
        "release": of("a.release"),
        "about": of("nullif(a.about, '')"),
        "product": named("product_id", "t.key", "products"),
        "connection": named("connection_id", "cells.connection_id::text", "connections"),
    }


def _during(unit: str, spelled: str) -> str:
    return f"""
select to_char(first, '{spelled}') as key, null as name, cells.*
{_PERIODS.format(unit=unit)} cross join lateral (
    select {_CELL}, {_N} {_said("period.start", "period.finish")} group by {_CELL}
) as cells"""


_SAID = _said("$3::timestamptz", "$4::timestamptz")
COUNT_ALIKE = {
    **_by(_ALIKE),
    "month": f"""
select to_char(a.month, 'YYYY-MM') as key, null as name, {_CELL}, a.n from (
    select date_trunc('month', a.said_on::timestamp) as month, {_CELL}, {_N} {_ALIKE_BY_MONTH} group by 1, {_CELL}
) as a
""",
}
COUNT_SAID = {**_by(_SAID), "month": _during("month", "YYYY-MM"), "week": _during("week", 'IYYY-"W"IW')}


# Which answers would have to be read for that, those that were superseded too.
def _given(table: str) -> str:
    return f"""select n from {table} a where a.workspace_id = $1 and a.measure = any($2::text[])
          and a.said_on >= ($3::timestamptz at time zone 'UTC')::date
          and a.said_on < ($4::timestamptz at time zone 'UTC')::date {_FILTERED}"""


MANY = f"""
select coalesce(sum(n), 0)::bigint from (
    {_given("survey_cells")} union all {_given("survey_changes")}
) as a
"""
COUNT_BY_PLAN = f"""
select f.plan as key, null as name, {_CELL}, count(*) as n {_SAID}
left join contacts c on c.id = a.contact_id and c.workspace_id = $1
left join accounts f on f.id = c.account_id and f.workspace_id = $1
group by f.plan, {_CELL}
"""
# A segment has contacts or accounts, never both: nobody is found in one twice.
_BELONGING = """
people as materialized (
    select contact_id from answers where contact_id is not null group by contact_id
), belonging as (
    select p.contact_id, m.segment_id from people p join segment_members m on m.member_id = p.contact_id
    where m.workspace_id = $1
    union all
    select p.contact_id, m.segment_id from people p join contacts c on c.id = p.contact_id
    join segment_members m on m.member_id = c.account_id where c.workspace_id = $1 and m.workspace_id = $1
)
"""
_IN_SEGMENTS = """
from answers a left join belonging b on b.contact_id = a.contact_id
left join segments s on s.id = b.segment_id and s.workspace_id = $1
"""
COUNT_BY_SEGMENT = f"""
with answers as materialized (select a.contact_id, {_CELL} {_SAID}), {_BELONGING}
select s.key, s.name, {_CELL}, count(*) as n {_IN_SEGMENTS} group by s.key, s.name, {_CELL}
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
SUBJECTS = f"""
with recursive steps as (
    select {_NEXT_ABOUT.format(after="$4")} as about
    union all
    select {_NEXT_ABOUT.format(after="found.about")} from steps found where found.about is not null
)
select found.about, i.id as idea_id, i.title
from (select about from steps where about is not null limit $5) as found
left join ideas i on i.workspace_id = $1 and i.key = found.about
order by found.about
"""
_SUBJECT_CELL = f"a.about, {_CELL}"
COUNT_SUBJECTS = f"""
select a.about, null as key, null as name, {_CELL}, count(*) as n {_SAID} group by {_SUBJECT_CELL}
"""
COUNT_SUBJECTS_BY_SEGMENT = f"""
with answers as materialized (select a.contact_id, {_SUBJECT_CELL} {_SAID}), {_BELONGING}
select s.key, s.name, {_SUBJECT_CELL}, count(*) as n {_IN_SEGMENTS} group by s.key, s.name, {_SUBJECT_CELL}
"""

# Folding: what has changed goes into what is kept, in one statement, so that a count finds it in one of the two.
# One at a time, in all processes: two would wait for each other at the same cells.
ALONE = "select pg_try_advisory_xact_lock(hashtextextended('cairn.surveys', 0))"
WORK = "select from survey_changes order by seq limit 1"
_ALL = f"workspace_id, said_on, gone_in, {_COLUMNS}"
FOLD = f"""
with taken as (
    delete from survey_changes where seq = any(array(select seq from survey_changes order by seq limit $1))
    returning {_ALL}, n
), folded as (
    insert into survey_cells as c ({_ALL}, n)
    select {_ALL}, sum(n) from taken group by {_ALL} having sum(n) <> 0
    on conflict ({_ALL}) do update set n = c.n + excluded.n
)
select count(*) from taken
"""
EMPTIED = "delete from survey_cells where n = 0"
