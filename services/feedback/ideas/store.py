"""Ideas as rows."""

from typing import get_args

from services.feedback.ideas.finding import BEGUN, MOST_TERMS, RANKED, begins, fits, looked_up
from services.feedback.ideas.orders import Sort


def _columns(of: str) -> str:
    names = (
        "id", "key", "title", "description", "kind", "status", "archived", "product_id", "component_id", "tags",
        "owner", "merged_root", "version", "created_at", "updated_at",
    )  # fmt: skip
    return ", ".join((*(f"{of}.{name}" for name in names), f"{of}.attributes::text as attributes"))


# What an idea is found by, kept with every change of it.
_TERMS = """
(
    select unnest(tsvector_to_array(w.search)) as term union select '#' || unnest(w.tags)
    union select '=' || md5(key || '=' || value) from jsonb_each_text(w.attributes) where value is not null
) as t
"""
ADD = f"""
with w as (
    insert into ideas (id, workspace_id, key, title, description, kind, product_id, component_id, tags, owner,
        attributes)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict (workspace_id, key) do nothing returning *
), named as (
    insert into idea_terms (idea_id, term, workspace_id)
    select w.id, t.term, w.workspace_id from w cross join lateral {_TERMS}
)
select {_columns("w")} from w
"""
ADD_MANY = f"""
with w as (
    insert into ideas (id, workspace_id, key, title, description, kind, own_status, archived, tags, attributes,
        created_at, updated_at)
    select id, $1, key, title, description, kind, status, archived, tags, attributes, created_at, updated_at
    from json_to_recordset($2::json) as n (id uuid, key text, title text, description text, kind text, status text,
        archived boolean, tags text[], attributes jsonb, created_at timestamptz, updated_at timestamptz)
    order by key collate "C"
    on conflict (workspace_id, key) do nothing returning *
), named as (
    insert into idea_terms (idea_id, term, workspace_id)
    select w.id, t.term, w.workspace_id from w cross join lateral {_TERMS}
)
select {_columns("w")} from w
"""
# Of ideas that were put in by another way.
NAME = f"""
insert into idea_terms (idea_id, term, workspace_id)
select w.id, t.term, w.workspace_id from ideas w cross join lateral {_TERMS}
where w.workspace_id = $1 and w.id = any($2::uuid[])
"""
GET = f"select {_columns('i')} from ideas i where workspace_id = $1 and id = $2"
# Not `for update`: a vote's foreign key would wait for it.
LOCK = f"""
select {_columns("i")}, own_status, item_status from ideas i where workspace_id = $1 and id = $2 for no key update
"""
_NAMED_ANEW = f"""
named as (
    select w.id, t.term, w.workspace_id from w cross join lateral {_TERMS}
), gone as (
    delete from idea_terms as old where old.workspace_id = $1 and old.idea_id = $2
      and not exists (select from named where named.term = old.term)
), came as (
    insert into idea_terms (idea_id, term, workspace_id) select id, term, workspace_id from named
    on conflict (idea_id, term) do nothing
)
"""
UPDATE = f"""
with w as (
    update ideas set title = $3, description = $4, kind = $5, own_status = $6, archived = $7, product_id = $8,
        component_id = $9, tags = $10, owner = $11, attributes = $12::jsonb, version = version + 1, updated_at = now()
    where workspace_id = $1 and id = $2 returning *
), {_NAMED_ANEW}
select {_columns("w")} from w
"""
# Of a stretch of ideas, whether they hold what is to be blotted out.
HOLDING = """
select id, title ~* $3 or description ~* $3 or attributes::text ~* $3 or coalesce(owner ~* $3, false)
    or array_to_string(tags, ' ') ~* $3 as holds
from ideas where workspace_id = $1 and id > $2 order by id limit $4
"""
BLOT = f"""
with w as (
    update ideas set title = regexp_replace(title, $3, '[erased]', 'gi'),
        description = regexp_replace(description, $3, '[erased]', 'gi'),
        attributes = regexp_replace(attributes::text, $3, '[erased]', 'gi')::jsonb,
        owner = regexp_replace(owner, $3, '[erased]', 'gi'),
        tags = array(select distinct regexp_replace(tag, $3, '[erased]', 'gi') from unnest(tags) as t (tag)),
        version = version + 1
    where workspace_id = $1 and id = $2 returning *
), {_NAMED_ANEW}
select {_columns("w")} from w
"""

# What was typed, as words: the query, the terms that every match has, and what the last word begins and stems from.
WORDS = """
select (
    websearch_to_tsquery('english', $1)
    && case when $3 = '' then ''::tsquery else to_tsquery('simple', $3 || ':*') || plainto_tsquery('english', $3) end
)::text as query, tsvector_to_array(to_tsvector('english', $2)) as needed,
tsvector_to_array(to_tsvector('simple', $3)) as begun, tsvector_to_array(to_tsvector('english', $3)) as stems
"""
# A plan made for all values alike would read every idea for a rare word; workers take longer to come than a page takes.
PLAN = """
select set_config('plan_cache_mode', 'force_custom_plan', true),
    set_config('max_parallel_workers_per_gather', '0', true)
"""
# The opposite: what goes by whole keys is planned once, and then never by reading a table that was small at the time.
PLANNED = """
select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)
"""
# What is not asked for is null, and gone from the plan that is made for these values.
_WANTED = f"""
i.workspace_id = $1 and i.merged_root is null
and ($2::text is null or i.status = $2) and ($3::text is null or i.kind = $3)
and ($4::uuid is null or i.product_id = $4) and ($5::uuid is null or i.component_id = $5)
and ($6::text is null or i.owner = $6) and ($7::boolean is null or i.archived = $7)
and {fits(8)} and ($10::uuid is null or i.id = $10)
"""
# In order of demand, as a job has it from moments ago.
_BY_DEMAND = "join demand_ranks d on d.idea_id = i.id and d.workspace_id = $1"
# What each order goes by, its type, and the id beside it: of one table, so that one index gives both.
_ORDERS = {
    "updated": ("", "i.updated_at", "timestamptz", "i.id"),
    "votes": (_BY_DEMAND, "d.votes", "int", "d.idea_id"),
    "trending": (_BY_DEMAND, "d.trend", "float8", "d.idea_id"),
    "accounts": (_BY_DEMAND, "d.accounts", "int", "d.idea_id"),
    "mrr": (_BY_DEMAND, "d.mrr", "bigint", "d.idea_id"),
}
# Demand is looked up for the page alone.
_BESIDE = """
cross join lateral (
    select votes, contacts, accounts, mrr from demand where workspace_id = $1 and idea_id = p.id limit 1
) as w
"""


def _search(sort: Sort, terms: int, begun: int) -> str:
    """$9 is the limit and $10 the one idea that is asked for.

    Then come the parts of the cursor, the terms, and what the last word begins.
    """
    if sort == "relevance":
        return f"""
with found as materialized (
    select {_columns("i")}, i.search from ideas i
    where {_WANTED} and i.id <= $13::uuid {looked_up(14, terms, begun)} order by i.id desc limit {RANKED}
), ranked as (
    select found.*, ts_rank(search, $8::text::tsquery, 1)::float8 as sorted_by, max(id::text) over () as newest
    from found
)
select p.*, w.* from (
    select * from ranked where (sorted_by, id) < ($11::float8, $12::uuid) order by sorted_by desc, id desc limit $9
) as p {_BESIDE} order by p.sorted_by desc, p.id desc
"""
    if sort == "new":
        return f"""
select p.*, w.* from (
    select {_columns("i")} from ideas i
    where {_WANTED} and i.id < $11::uuid {looked_up(12, terms, begun)} order by i.id desc limit $9
) as p {_BESIDE} order by p.id desc
"""
    source, key, kind, id = _ORDERS[sort]
    return f"""
select p.*, w.* from (
    select {_columns("i")}, {key} as sorted_by from ideas i {source}
    where {_WANTED} and ({key}, {id}) < ($11::{kind}, $12::uuid) {looked_up(13, terms, begun)}
    order by {key} desc, {id} desc limit $9
) as p {_BESIDE} order by p.sorted_by desc, p.id desc
"""


SEARCHES = {
    (sort, terms, begun): _search(sort, terms, begun)
    for sort in get_args(Sort)
    for terms in range(MOST_TERMS + 1)
    for begun in BEGUN
}
"""By the order, how many terms are looked up, and how many arguments what is being typed has."""
# How many have what is being typed, no more than $2.
COUNT_BEGUN = {
    begun: f"""
select count(*) from (select from idea_terms t where t.workspace_id = $1 and {begins(3, begun)} limit $2) as t
"""
    for begun in BEGUN
    if begun
}
COUNT_TERM = """
select count(*) from (select from idea_terms t where t.workspace_id = $1 and t.term = $3 limit $2) as t
"""
FIND_BY_ID = "select workspace_id, id from ideas where id = any($1::uuid[])"
ROOT_BY_KEY = "select root from ideas where workspace_id = $1 and key = $2"
FIND_BY_KEY = """
select i.workspace_id, i.key, i.id from unnest($1::uuid[], $2::text[]) as asked (workspace_id, key)
join ideas i on i.workspace_id = asked.workspace_id and i.key = asked.key
"""

HEAR = """
insert into items (item_id, workspace_id, version) select * from unnest($1::uuid[], $2::uuid[], $3::bigint[])
on conflict (item_id) do update set version = excluded.version where items.version < excluded.version
returning item_id
"""
EMPTY_ITEMS = "delete from item_ideas where item_id = any($1::uuid[]) returning idea_id"
FILL_ITEMS = """
insert into item_ideas (item_id, idea_id, workspace_id, status)
select said.item_id, said.idea_id, said.workspace_id, said.status
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as said (item_id, idea_id, workspace_id, status)
join ideas i on i.id = said.idea_id and i.workspace_id = said.workspace_id
on conflict (item_id, idea_id) do nothing
returning idea_id
"""
LOCK_MANY = """
select id from ideas where id = any(array(select root from ideas where id = any($1::uuid[])))
order by id for no key update
"""
# The items of ideas that were merged into one are that one's too.
FOLLOW_ITEMS = f"""
with said as (
    select i.id, (
        select o.status
        from (
            select i.id as id union all
            select id from ideas where merged_root = i.id and workspace_id = i.workspace_id
        ) as m
        join item_ideas o on o.idea_id = m.id and o.workspace_id = i.workspace_id
            and o.status in ('planned', 'in_progress', 'shipped')
        order by array_position(array['shipped', 'in_progress', 'planned'], o.status) limit 1
    ) as status
    from ideas i where i.id = any($1::uuid[])
)
update ideas as i set item_status = said.status, version = i.version + 1, updated_at = now()
from said where i.id = said.id and i.item_status is distinct from said.status
returning i.workspace_id, {_columns("i")}
"""
