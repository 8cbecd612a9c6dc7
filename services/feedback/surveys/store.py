"""Survey answers as rows: kept with the statements that hold them, counted without reading those."""

from services.feedback.subjects.names import shortened

# Whoever keeps a respondent's answers has them alone until the end: which of them is the latest depends on the others.
# In one order, so that batches wait and never deadlock. $3 and $4 are the statements that may have answers kept.
HOLD = """
select pg_advisory_xact_lock(hashtextextended(respondent::text, 12)) from (
    select coalesce(f.contact_id, f.id) as respondent
    from unnest($1::uuid[], $2::uuid[]) as touched (workspace_id, feedback_id)
    join feedback f on f.workspace_id = touched.workspace_id and f.id = touched.feedback_id
    union
    select s.respondent from unnest($3::uuid[], $4::uuid[]) as touched (workspace_id, feedback_id)
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
            {shortened("n.about")} as about,
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


# $1 workspace, $2 measures, $3 from, $4 to (midnights, UTC), $5 what they are about, $6 product, $7 connection, $8
# segment; null: any. $9 the same names as $5, and $10 for each the name that it counts under, where several are one.
def _through(first: int) -> str:
    """The product and the connection, in arguments from this one on."""
    return f"""(${first}::uuid is null or a.product_id = ${first})
        and (${first + 1}::uuid is null or a.connection_id = ${first + 1})"""


def _filtered(first: int) -> str:
    """What they are about, the product and the connection, in arguments from this one on."""
    return f"and (${first}::text[] is null or a.about = any(${first})) and {_through(first + 1)}"


_IN_SEGMENT = """($8::uuid is null or a.contact_id in (
    select m.member_id from segment_members m where m.workspace_id = $1 and m.segment_id = $8
    union
    select c.id from segment_members m join contacts c on c.account_id = m.member_id and c.workspace_id = $1
    where m.workspace_id = $1 and m.segment_id = $8
))"""
_LAST_IN = """
a.workspace_id = $1 and a.measure = any($2::text[]) and a.said_at >= {start} and a.said_at < {end}
and (a.superseded_at is null or a.superseded_at >= {end})
"""
_CELL = "a.measure, a.value, a.without, a.low, a.high"
_COLUMNS = "measure, about, value, without, low, high, product_id, connection_id, source, release"


def _said(start: str, end: str) -> str:
    """The answers themselves, where it matters who gave them."""
    return f"""from (
        select {_COLUMNS}, contact_id, respondent, said_at, feedback_id, position, 1 as n from survey_answers a
        where {_LAST_IN.format(start=start, end=end)} {_filtered(5)} and {_IN_SEGMENT}
    ) as a"""


def _said_of_one(start: str, end: str) -> str:
    """The same where several names are one: each respondent's last answer about any of them.

    The respondent comes first: sorted by an id it takes a third of the time that it takes by texts.
    """
    others = _COLUMNS.replace("about", "o.about")
    return f"""from (
        select distinct on (a.respondent, o.about, a.measure) {others}, contact_id, respondent, 1 as n
        from survey_answers a join unnest($9::text[], $10::text[]) as o (name, about) on o.name = a.about
        where {_LAST_IN.format(start=start, end=end)} and a.about = any($5::text[])
        order by a.respondent, o.about, a.measure, a.said_at desc, a.feedback_id desc, a.position desc
    ) as a where {_through(6)} and {_IN_SEGMENT}"""


# What changed (`a`), in each sum that it is part of, as those are kept; ends within its conditions.
_INTO_SUMS = """
    cross join lateral (
        select date_trunc('month', a.said_on::timestamp)::date as said_in,
            date_trunc('week', a.said_on::timestamp)::date as said_in_week,
            date_trunc('month', a.gone_on::timestamp)::date as gone_in
    ) as its cross join lateral (
        values ('day', a.said_on, its.gone_in), ('month', its.said_in, its.gone_in),
            ('month_day', its.said_in, a.gone_on), ('in_month', its.said_in, 'infinity'::date),
            ('in_week', its.said_in_week, 'infinity'::date)
    ) as s (grain, said_on, gone_on)
    where (s.grain <> 'in_month' or its.gone_in > its.said_in)
      and (s.grain <> 'in_week' or a.gone_on > its.said_in_week + 6)
"""
# What is alike is summed already, with what has changed since; some answers are looked at one by one (`surveys.parts`).
# $2 measures, $3 what they are about, $4 product, $5 connection; null: any. $6-9 sums, then four times of each span.
# Each sum is a range of the key. `offset` leaves the subquery as it is: joined in another way, all that is kept would
# be read.
_SUMS = "unnest($6::text[], $7::date[], $8::date[], $9::date[]) as p (grain, said_on, gone_from, gone_until)"
_SUMMED_ALIKE = f"""
    select kept.* from unnest($2::text[]) as of (measure) cross join {_SUMS} cross join lateral (
        select {_COLUMNS}, said_on, n from survey_cells a
        where a.workspace_id = $1 and a.measure = of.measure and a.grain = p.grain and a.said_on = p.said_on
          and a.gone_on >= p.gone_from and a.gone_on <= p.gone_until {_filtered(3)} offset 0
    ) as kept
    union all
    select {_COLUMNS}, s.said_on, a.n from survey_changes a {_INTO_SUMS}
      and a.workspace_id = $1 and a.measure = any($2) {_filtered(3)} and exists (
        select from {_SUMS}
        where p.grain = s.grain and p.said_on = s.said_on and s.gone_on >= p.gone_from and s.gone_on <= p.gone_until
      )
"""
MOST_SPANS = 4
_SPAN = f"""
    union all
    select {_COLUMNS}, (said_at at time zone 'UTC')::date, 1 from survey_answers a
    where a.workspace_id = $1 and a.measure = any($2) and a.said_at >= ${{0}} and a.said_at < ${{1}}
      and a.superseded_at >= ${{2}} and a.superseded_at < ${{3}} {_filtered(3)}
"""


def _alike(spans: int) -> str:
    """A branch for each span, with its times as they are: the planner knows by which of the two few are left."""
    found = "".join(_SPAN.format(*range(first, first + 4)) for first in range(10, 10 + 4 * spans, 4))
    return f"from ({_SUMMED_ALIKE} {found}) as a"


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


def _during(unit: str, spelled: str, among: str) -> str:
    return f"""
select to_char(first, '{spelled}') as key, null as name, cells.*
{_PERIODS.format(unit=unit)} cross join lateral (select {_CELL}, {_N} {among} group by {_CELL}) as cells"""


_WHOLE, _PERIOD = ("$3::timestamptz", "$4::timestamptz"), ("period.start", "period.finish")
_SAID, _SAID_OF_ONE = _said(*_WHOLE), _said_of_one(*_WHOLE)
_UNITS = {"month": "YYYY-MM", "week": 'IYYY-"W"IW'}


def _by_alike(among: str) -> dict[str | None, str]:
    units = {
        unit: f"select to_char(a.said_on, '{spelled}') as key, null as name, {_CELL}, {_N} {among} group by 1, {_CELL}"
        for unit, spelled in _UNITS.items()
    }
    return _by(among) | units


COUNT_ALIKE = {
    (by, spans): statement for spans in range(MOST_SPANS + 1) for by, statement in _by_alike(_alike(spans)).items()
}
"""By what is grouped, and how many spans there are."""

# How many answers would have to be read for that, those that were superseded too.
MANY = f"select coalesce(sum(a.n), 0)::bigint from ({_SUMMED_ALIKE}) as a"
_BY_PLAN = f"""
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


def _by_respondent(said: str, during: str) -> dict[str | None, str]:
    """The same of the answers themselves, in the whole of the time and in each period of it."""
    return {
        **_by(said),
        **{unit: _during(unit, spelled, during) for unit, spelled in _UNITS.items()},
        "plan": f"select f.plan as key, null as name, {_CELL}, count(*) as n from (select a.* {said}) as a {_BY_PLAN}",
        "segment": f"""
with answers as materialized (select a.contact_id, {_CELL} {said}), {_BELONGING}
select s.key, s.name, {_CELL}, count(*) as n {_IN_SEGMENTS} group by s.key, s.name, {_CELL}
""",
    }


COUNT_SAID = {
    (united, by): statement
    for united, found in (
        (False, _by_respondent(_SAID, _said(*_PERIOD))),
        (True, _by_respondent(_SAID_OF_ONE, _said_of_one(*_PERIOD))),
    )
    for by, statement in found.items()
}
"""By whether several names are one, and by what is grouped."""

_SUBJECT_CELL = f"a.about, {_CELL}"


def _by_subject(said: str) -> dict[bool, str]:
    return {
        False: f"select a.about, null as key, null as name, {_CELL}, count(*) as n {said} group by {_SUBJECT_CELL}",
        True: f"""
with answers as materialized (select a.contact_id, {_SUBJECT_CELL} {said}), {_BELONGING}
select s.key, s.name, {_SUBJECT_CELL}, count(*) as n {_IN_SEGMENTS} group by s.key, s.name, {_SUBJECT_CELL}
""",
    }


COUNT_SUBJECTS, COUNT_UNITED = _by_subject(_SAID), _by_subject(_SAID_OF_ONE)
"""Both by whether it is by segment as well."""

# Folding: what has changed goes into what is kept, in one statement, so that a count finds it in one of the two.
# One at a time, in all processes: two would wait for each other at the same cells.
ALONE = "select pg_try_advisory_xact_lock(hashtextextended('cairn.surveys', 0))"
WORK = "select from survey_changes order by seq limit 1"
_ALL = f"workspace_id, grain, said_on, gone_on, {_COLUMNS}"
FOLD = f"""
with taken as (
    delete from survey_changes where seq = any(array(select seq from survey_changes order by seq limit $1))
    returning workspace_id, said_on, gone_on, {_COLUMNS}, n
), folded as (
    insert into survey_cells as c ({_ALL}, n)
    select a.workspace_id, s.grain, s.said_on, s.gone_on, {", ".join(f"a.{each}" for each in _COLUMNS.split(", "))},
        sum(a.n)
    from taken a {_INTO_SUMS} group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 having sum(a.n) <> 0
    on conflict ({_ALL}) do update set n = c.n + excluded.n
)
select count(*) from taken
"""
EMPTIED = "delete from survey_cells where n = 0"
