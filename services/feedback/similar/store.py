"""The index of what is alike, and the suggestions made from it, as rows. `kind` is `idea` or `feedback`."""

# Filling ---------------------------------------------------------------------------------------------------------


# A handful of probes for each workspace, however many texts it has. $1 the analyser, $2 the latest id that no
# transaction still running can be about to add.
def _behind(table: str, kind: str) -> str:
    return f"""
with recursive workspaces as (
    (select workspace_id from {table} order by workspace_id limit 1)
    union all
    select (select t.workspace_id from {table} t where t.workspace_id > w.workspace_id order by t.workspace_id limit 1)
    from workspaces w where w.workspace_id is not null
)
select w.workspace_id, '{kind}' as kind from workspaces w
left join similar_indexes x on x.workspace_id = w.workspace_id and x.kind = '{kind}'
where w.workspace_id is not null and (
    x.workspace_id is null or x.analyser <> $1
    or exists (select from {table} t where t.workspace_id = w.workspace_id and t.id > x.seen)
    or exists (select from {table} t where t.workspace_id = w.workspace_id and t.id > x.checked and t.id <= $2)
)
"""


BEHIND_IDEAS = _behind("ideas", "idea")
BEHIND_FEEDBACK = _behind("feedback", "feedback")
BEGIN_INDEX = """
insert into similar_indexes (workspace_id, kind, analyser) values ($1, $2, $3)
on conflict (workspace_id, kind) do nothing
"""
# Whoever has the row fills this index; others find something else to do.
HOLD_INDEX = """
select analyser, epoch, next_number, texts, seen, checked from similar_indexes
where workspace_id = $1 and kind = $2 for update skip locked
"""
AWAIT_INDEX = "select epoch from similar_indexes where workspace_id = $1 and kind = $2 for update"
FORGET_POSTINGS = "delete from similar_postings where workspace_id = $1 and kind = $2"
FORGET_SIGNS = "delete from similar_signs where workspace_id = $1 and kind = $2"
# Vectors stay with their texts: making them again would take a hundred times as long as everything else.
START_AGAIN = f"""
update similar_indexes set analyser = $3, epoch = epoch + 1, next_number = 0, texts = 0,
    seen = '{"0" * 8}-0000-0000-0000-{"0" * 12}', checked = '{"0" * 8}-0000-0000-0000-{"0" * 12}'
where workspace_id = $1 and kind = $2 returning analyser, epoch, next_number, texts, seen, checked
"""
FRESH = """
(select id from ideas where $2::text = 'idea' and workspace_id = $1 and id > $3 order by id limit $4)
union all
(select id from feedback where $2::text = 'feedback' and workspace_id = $1 and id > $3 order by id limit $4)
"""
# What was committed after others with a higher id had been read.
LATE = """
(select id from ideas i where $2::text = 'idea' and workspace_id = $1 and id > $3 and id <= $4 and not exists (
    select from similar_texts t where t.workspace_id = $1 and t.id = i.id and t.epoch = $5
) order by id limit $6)
union all
(select id from feedback f where $2::text = 'feedback' and workspace_id = $1 and id > $3 and id <= $4 and not exists (
    select from similar_texts t where t.workspace_id = $1 and t.id = f.id and t.epoch = $5
) order by id limit $6)
"""
# Whether somebody was writing just now: $2 is the first id of that time.
TAKE_CHANGES = """
delete from similar_changes where seq = any(array(
    select seq from similar_changes where workspace_id = $1 and kind = $2 order by seq limit $3 for update skip locked
)) returning id
"""
CHANGED = (
    "select distinct workspace_id, kind from (select workspace_id, kind from similar_changes order by seq limit $1) c"
)
# What has been merged is to be found where it went.
LOAD = """
select id, title, description as body, archived or merged_root is not null as gone, merged_into, merged_root
from ideas where $2::text = 'idea' and workspace_id = $1 and id = any($3::uuid[])
union all
select id, '', text, false, null, null
from feedback where $2::text = 'feedback' and workspace_id = $1 and id = any($3::uuid[])
"""
REMOVE = """
delete from similar_texts where workspace_id = $1 and kind = $2 and id = any($3::uuid[]) returning id, epoch, vector
"""
PLACE = """
insert into similar_texts (id, workspace_id, kind, epoch, number, vector)
select t.id, $1, $2, $3, t.number, t.vector from unnest($4::uuid[], $5::bigint[], $6::bytea[]) as t (id, number, vector)
"""
POST = """
insert into similar_postings (workspace_id, kind, term, block, entries)
select $1, $2, p.term, p.block, p.entries from unnest($3::bigint[], $4::int[], $5::bytea[]) as p (term, block, entries)
on conflict (workspace_id, kind, term, block) do update set entries = similar_postings.entries || excluded.entries
"""
SIGN = """
insert into similar_signs (workspace_id, kind, block, entries)
select $1, $2, s.block, s.entries from unnest($3::int[], $4::bytea[]) as s (block, entries)
on conflict (workspace_id, kind, block) do update set entries = similar_signs.entries || excluded.entries
"""
ADVANCE = """
update similar_indexes set next_number = $3, texts = $4, seen = greatest(seen, $5), checked = greatest(checked, $6)
where workspace_id = $1 and kind = $2
"""
BARE = """
select workspace_id, kind, id, number from similar_texts where vector is null
order by workspace_id, kind, number limit $1
"""
# Whose text has changed meanwhile has another number by now, or none.
ENCODED = """
update similar_texts t set vector = e.vector
from unnest($3::uuid[], $4::bigint[], $5::bytea[]) as e (id, number, vector), similar_indexes x
where t.workspace_id = $1 and t.kind = $2 and t.id = e.id and t.number = e.number and t.vector is null
  and x.workspace_id = $1 and x.kind = $2
returning t.number, t.vector, t.epoch = x.epoch as current
"""
MERGED = """
insert into similar_suggestions (id, workspace_id, one_id, other_id, one_kind, other_kind, joined, decided_at)
select m.id, $1, least(m.left_id, m.right_id), greatest(m.left_id, m.right_id), 'idea', 'idea', 'merged', now()
from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as m (id, left_id, right_id)
on conflict (workspace_id, one_id, other_id) do update set joined = 'merged',
    decided_at = coalesce(similar_suggestions.decided_at, excluded.decided_at)
"""

# Searching -------------------------------------------------------------------------------------------------------

INDEXES = "select kind, epoch, next_number, texts from similar_indexes where workspace_id = $1"
# The rarest terms first, until $4 bytes: a word that everybody uses says little and has the longest entries. Sizes are
# known without reading what they are sizes of.
SEARCH = """
with found as materialized (
    select term, block, entries, octet_length(entries) as size from similar_postings
    where workspace_id = $1 and kind = $2 and term = any($3::bigint[])
), terms as (
    select term, size, sum(size) over (order by size, term) - size < $4 as taken from (
        select term, sum(size)::bigint as size from found group by term
    ) as sums
)
select t.term, t.size, f.block, f.entries from terms t left join found f on f.term = t.term and t.taken
"""
SIGN_SIZES = "select block, octet_length(entries) as size from similar_signs where workspace_id = $1 and kind = $2"
SIGNS = "select block, entries from similar_signs where workspace_id = $1 and kind = $2 and block = any($3::int[])"
VECTOR = "select vector from similar_texts where workspace_id = $1 and id = $2"
# Not what was dismissed, in either direction, nor what speaks for the idea already. $5 may be null. Vectors lie apart
# from their rows and are fetched only where they are compared ($6).
CANDIDATES = """
select t.id, t.number, case when $6::boolean then t.vector end as vector from similar_texts t
where t.workspace_id = $1 and t.kind = $2 and t.epoch = $3 and t.number = any($4::bigint[])
  and t.id is distinct from $5::uuid
  and not exists (
    select from similar_suggestions s where s.workspace_id = $1 and s.one_id = least(t.id, $5::uuid)
      and s.other_id = greatest(t.id, $5::uuid) and s.decision = 'dismissed'
  )
  and not exists (select from insights n where n.feedback_id = t.id and n.idea_id = $5::uuid and n.workspace_id = $1)
  and not exists (select from insights n where n.feedback_id = $5::uuid and n.idea_id = t.id and n.workspace_id = $1)
"""
