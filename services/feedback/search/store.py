"""Feedback as it is found: in order of arrival by an index, or by words, and no further than a window.

A list looks at a bounded part of one index and leaves out of that what its filters do not want: whatever is asked for,
a page reads no more than its window ($4). It also tells how far it looked, so that the next page goes on from there
even when nothing in the window was wanted.

Arguments: $1 workspace, $2 behind which id, $3 up to which id (neither is looked at), $4 window, $5 rows wanted, then
the filters; null leaves one open. By words, $2 are the numbers of texts and $3 the epoch that they are of.
"""

from typing import Literal, get_args

Order = Literal["oldest", "newest"]
Driver = Literal[
    "any", "new", "seen", "assignee", "source", "product", "contact", "account", "ideas", "external", "words"
]
"""What is walked: an index of feedback or of what names it, or matches of words."""

_LOOKED = """f.workspace_id, f.id, f.source, f.external_id, f.product_id, f.language, f.contact_id, f.state,
    f.said_at, f.received_at"""
# A subquery with a limit is asked for each row that needs it. One that `exists` could be made into may be filled
# from a whole table first.
_WANTED = """
    ($6::text is null or f.source = $6)
    and ($7::uuid is null or f.product_id = $7)
    and ($8::text is null or f.language = $8)
    and ($9::uuid is null or f.contact_id = $9)
    and ($10::uuid is null or (
        select c.account_id from contacts c where c.id = f.contact_id and c.workspace_id = $1 limit 1
    ) = $10)
    and ($11::uuid is null or (
        select true from segment_members m where m.segment_id = $11 and m.workspace_id = $1 and m.member_id in (
            f.contact_id, (select c.account_id from contacts c where c.id = f.contact_id and c.workspace_id = $1)
        ) limit 1
    ))
    and ($12::uuid[] is null or (
        select true from insights n
        where n.feedback_id = f.id and n.idea_id = any($12) and n.workspace_id = $1 limit 1
    ))
    and ($13::text is null or f.state = $13)
    and ($14::text is null or (
        select t.assignee from triage t where t.workspace_id = $1 and t.feedback_id = f.id limit 1
    ) = $14)
    and (not $15::boolean or (
        select t.assignee from triage t where t.workspace_id = $1 and t.feedback_id = f.id limit 1
    ) is null)
    and ($16::timestamptz is null or f.said_at >= $16) and ($17::timestamptz is null or f.said_at < $17)
    and ($18::timestamptz is null or f.received_at >= $18) and ($19::timestamptz is null or f.received_at < $19)
    and ($20::text is null or f.external_id = $20)
"""
_STANDING = "t.assignee, t.due, t.note, t.changed_by, t.changed_at"
_SHOWN = f"""f.id, f.source, f.external_id, f.contact_id, f.text, f.answers::text as answers,
    f.attributes::text as attributes, f.source_url, f.language, f.product_id, f.connection_id, f.delivery_id, f.said_at,
    f.received_at, f.version, f.state, {_STANDING}"""
_FULL = """
feedback f left join triage t on t.workspace_id = f.workspace_id and t.feedback_id = f.id
"""
_OF = "from feedback f where f.workspace_id = $1"
_BETWEEN = "{id} {beyond} $2 and {id} {before} $3 order by {id} {way} limit $4"
_BY_ID = _BETWEEN.replace("{id}", "f.id")
# Of the same arguments where nothing but what is walked is asked for: all of them must be told by their types.
_ALL = """(true or ($6::text, $7::uuid, $8::text, $9::uuid, $10::uuid, $11::uuid, $12::uuid[], $13::text, $14::text,
    $15::boolean, $16::timestamptz, $17::timestamptz, $18::timestamptz, $19::timestamptz, $20::text) is null)"""
# One by one where rows are looked up (`limit 1`): the planner would read all of a workspace to join two windows.
# By each of these one index gives the rows in the order of their ids. Of ideas and of an account's contacts a window of
# each is taken, and the first of all those.
_IDS: dict[Driver, str] = {
    "assignee": f"""
select a.feedback_id as id from triage a
where a.workspace_id = $1 and a.assignee = $14 and {_BETWEEN.replace("{id}", "a.feedback_id")}
""",
    "account": f"""
select n.id from contacts c cross join lateral (select f.id {_OF} and f.contact_id = c.id and {_BY_ID}) as n
where c.workspace_id = $1 and c.account_id = $10 order by n.id {{way}} limit $4
""",
    "ideas": f"""
select distinct n.feedback_id as id from unnest($12::uuid[]) as i (id) cross join lateral (
    select feedback_id from insights
    where workspace_id = $1 and idea_id = i.id and {_BETWEEN.replace("{id}", "feedback_id")}
) as n order by n.feedback_id {{way}} limit $4
""",
}


def _walk(columns: str) -> dict[Driver, str]:
    def whole(driver: Driver) -> str:
        ids = _IDS[driver]
        if columns == "f.id":
            return ids
        return f"select f.* from ({ids}) as n cross join lateral (select {columns} {_OF} and f.id = n.id limit 1) as f"

    return {
        "any": f"select {columns} {_OF} and {_BY_ID}",
        "new": f"select {columns} {_OF} and f.state = 'new' and {_BY_ID}",
        "seen": f"select {columns} {_OF} and f.state <> 'new' and f.state = $13 and {_BY_ID}",
        "assignee": whole("assignee"),
        "source": f"select {columns} {_OF} and f.source = $6 and {_BY_ID}",
        "product": f"select {columns} {_OF} and f.product_id = $7 and {_BY_ID}",
        "external": f"select {columns} {_OF} and f.external_id = $20 and {_BY_ID}",
        "contact": f"select {columns} {_OF} and f.contact_id = $9 and {_BY_ID}",
        "account": whole("account"),
        "ideas": whole("ideas"),
    }


_DRIVERS = _walk(_LOOKED)
# Of ids alone an index tells, without the rows.
_BARE = _walk("f.id")
_WAYS = {
    "newest": {"way": "desc", "back": "asc", "beyond": "<", "before": ">"},
    "oldest": {"way": "asc", "back": "desc", "beyond": ">", "before": "<"},
}


def _by_number(way: str) -> str:
    # A text that was changed or deleted since has no such number any more.
    return f"""
select f.*, t.number as place from similar_texts t cross join lateral (
    select {_LOOKED} {_OF} and f.id = t.id limit 1
) as f
where t.workspace_id = $1 and t.kind = 'feedback' and t.epoch = $3 and t.number = any($2::bigint[])
order by t.number {way} limit $4
"""


def _page(driver: Driver, order: Order, *, bare: bool) -> str:
    ways = _WAYS[order]
    way, back = ways["way"], ways["back"]
    if driver == "words":
        walked, place = _by_number(way), "f.place"
    else:
        walked, place = (_BARE if bare else _DRIVERS)[driver].format(**ways), "f.id"
    return f"""
with looked as materialized ({walked}), wanted as materialized (
    select f.id, {place} as place from looked f where {_ALL if bare else _WANTED} order by {place} {way} limit $5
)
select seen.looked, seen.reach, m.* from (
    select count(*)::int as looked, (select f.id from looked f order by {place} {back} limit 1) as reach from looked
) as seen left join lateral (
    select {_SHOWN}, w.place from wanted w cross join lateral (
        select * from feedback f where f.workspace_id = $1 and f.id = w.id limit 1
    ) as f left join triage t on t.workspace_id = $1 and t.feedback_id = f.id
) as m on true order by m.place {way}
"""


PAGES: dict[tuple[Driver, Order, bool], str] = {
    (driver, order, bare): _page(driver, order, bare=bare)
    for driver in get_args(Driver)
    for order in get_args(Order)
    for bare in (False, True)
    if not (bare and driver == "words")
}
"""By what is walked, which way, and whether nothing else is asked for."""


def _within(driver: Driver, order: Order, *, bare: bool) -> str:
    way, back = _WAYS[order]["way"], _WAYS[order]["back"]
    walked = (_BARE if bare else _DRIVERS)[driver].format(**_WAYS[order])
    return f"""
with looked as materialized ({walked}), seen as materialized (
    select count(*)::int as looked, (select f.id from looked f order by f.id {way} limit 1) as first,
        (select f.id from looked f order by f.id {back} limit 1) as reach
    from looked
)
select seen.*, texts.*, (
    select b.number from similar_texts b
    where b.workspace_id = $1 and b.id <= seen.reach and b.kind = 'feedback' and b.epoch = $21
    order by b.id desc limit 1
) as reached
from seen cross join lateral (
    select array_agg(t.id) as ids, array_agg(t.number) as numbers from (
        select f.id, s.number from looked f cross join lateral (
            select number from similar_texts
            where workspace_id = $1 and id = f.id and kind = 'feedback' and epoch = $21 limit 1
        ) as s
        where {_ALL if bare else _WANTED} order by f.id {way} limit $5
    ) as t
) as texts
"""


WITHIN: dict[tuple[Driver, Order, bool], str] = {
    (driver, order, bare): _within(driver, order, bare=bare)
    for driver in _DRIVERS
    for order in get_args(Order)
    for bare in (False, True)
}
"""Which texts filters leave of $4 that are walked, $5 at most, by their numbers; and from where to where that was.

`reached` is the number of the last that was walked, or of the nearest before it.
"""


def _keys(order: Order) -> str:
    way, back = _WAYS[order]["way"], _WAYS[order]["back"]
    return f"""
with looked as materialized ({_by_number(way)})
select seen.looked, seen.reach, m.* from (
    select count(*)::int as looked, (select f.id from looked f order by f.place {back} limit 1) as reach from looked
) as seen left join lateral (
    select f.id, f.place from looked f where {_WANTED} order by f.place {way} limit $5
) as m on true order by m.place {way}
"""


KEYS: dict[Order, str] = {order: _keys(order) for order in get_args(Order)}
"""Which of some texts filters leave, without what they say."""
LOAD = f"select {_SHOWN} from {_FULL} where f.workspace_id = $1 and f.id = any($2::uuid[])"
TEXTS = "select id, text from feedback where workspace_id = $1 and id = any($2::uuid[])"
GET = f"select {_SHOWN} from {_FULL} where f.workspace_id = $1 and f.id = $2"
# $3 is one more than can be asked one by one.
CONTACTS_OF = """
select count(*) from (select from contacts where workspace_id = $1 and account_id = $2 limit $3) as c
"""
MEMBERS = "select id from ideas where workspace_id = $1 and (id = $2 or merged_root = $2)"
