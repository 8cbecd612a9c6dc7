"""Needs, what is said of them, and what that comes to, as rows."""

_COLUMNS = (
    "id", "key", "job", "outcome", "persona", "product_id", "archived", "version", "created_at", "updated_at",
)  # fmt: skip
_NEED = ", ".join(_COLUMNS)
ADD = f"""
insert into needs (id, workspace_id, key, job, outcome, persona, product_id) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (workspace_id, key) do nothing returning {_NEED}
"""
OPEN = "insert into need_totals (need_id, workspace_id) values ($1, $2)"
LOCK_NEED = f"select {_NEED} from needs where workspace_id = $1 and id = $2 for no key update"
UPDATE = f"""
update needs set job = $3, outcome = $4, persona = $5, product_id = $6, archived = $7, version = version + 1,
    updated_at = now()
where workspace_id = $1 and id = $2 returning {_NEED}
"""
PRODUCT = "select id from products where workspace_id = $1 and id = $2 for key share"
FIND_BY_ID = "select workspace_id, id from needs where id = any($1::uuid[])"
FIND_BY_KEY = """
select n.workspace_id, n.key, n.id from unnest($1::uuid[], $2::text[]) as asked (workspace_id, key)
join needs n on n.workspace_id = asked.workspace_id and n.key = asked.key
"""
_SHOWN = f"""
select {", ".join("n." + column for column in _COLUMNS)}, t.insights, t.ratings, t.importance, t.satisfaction
from needs n join need_totals t on t.need_id = n.id and t.workspace_id = n.workspace_id
"""
GET = f"{_SHOWN} where n.workspace_id = $1 and n.id = $2"
LIST = f"{_SHOWN} where n.workspace_id = $1 and n.id < $2 order by n.id desc limit $3"
LIST_PRODUCT = f"""
{_SHOWN} where n.workspace_id = $1 and n.id < $2 and n.product_id = $4 order by n.id desc limit $3
"""

_TOLD = """t.workspace_id, t.need_id, t.version, n.job, n.outcome, n.archived, t.insights, t.ratings, t.importance,
    t.satisfaction, array(
        select distinct i.root from need_ideas l join ideas i on i.id = l.idea_id where l.need_id = t.need_id
        order by i.root
    ) as idea_ids
"""
# One order for everybody, and after ideas' demand, so that batches wait and never deadlock.
LOCK = "select need_id from need_totals where need_id = any($1::uuid[]) order by need_id for update"
# Steps are added one by one, so that a need that thousands rate costs the same as a new one.
COUNT = f"""
update need_totals as t set insights = t.insights + d.insights, ratings = t.ratings + d.ratings,
    importance = array(
        select was + more from unnest(t.importance, d.importance) with ordinality as s (was, more, step) order by step
    ),
    satisfaction = array(
        select was + more from unnest(t.satisfaction, d.satisfaction) with ordinality as s (was, more, step)
        order by step
    ),
    version = t.version + 1
from json_to_recordset($1::json)
    as d (need_id uuid, insights int, ratings int, importance int[], satisfaction int[])
join needs n on n.id = d.need_id
where t.need_id = d.need_id
returning {_TOLD}
"""
TOLD = f"""
select {_TOLD} from need_totals t join needs n on n.id = t.need_id
where t.workspace_id = $1 and t.need_id = any($2::uuid[]) and t.version > 0 order by t.need_id
"""

SAID = """
select f.workspace_id, f.id, f.answers::text as answers, f.contact_id, f.said_at
from unnest($1::uuid[], $2::uuid[]) as asked (workspace_id, id)
join feedback f on f.workspace_id = asked.workspace_id and f.id = asked.id
"""
HELD_RATINGS = """
select r.workspace_id, r.feedback_id, r.need_id, r.contact_id, r.importance, r.importance_scale, r.importance_step,
    r.satisfaction, r.satisfaction_scale, r.satisfaction_step, r.said_at
from unnest($1::uuid[], $2::uuid[]) as asked (workspace_id, feedback_id)
join need_ratings r on r.workspace_id = asked.workspace_id and r.feedback_id = asked.feedback_id
"""
DROP_RATINGS = """
delete from need_ratings as r
using unnest($1::uuid[], $2::uuid[], $3::uuid[]) as gone (workspace_id, feedback_id, need_id)
where r.workspace_id = gone.workspace_id and r.feedback_id = gone.feedback_id and r.need_id = gone.need_id
"""
SAVE_RATINGS = """
insert into need_ratings (workspace_id, feedback_id, need_id, contact_id, importance, importance_scale, importance_step,
    satisfaction, satisfaction_scale, satisfaction_step, said_at)
select * from json_to_recordset($1::json)
    as n (workspace_id uuid, feedback_id uuid, need_id uuid, contact_id uuid, importance float8,
        importance_scale float8[], importance_step smallint, satisfaction float8, satisfaction_scale float8[],
        satisfaction_step smallint, said_at timestamptz)
on conflict (workspace_id, feedback_id, need_id) do update set contact_id = excluded.contact_id,
    importance = excluded.importance, importance_scale = excluded.importance_scale,
    importance_step = excluded.importance_step, satisfaction = excluded.satisfaction,
    satisfaction_scale = excluded.satisfaction_scale, satisfaction_step = excluded.satisfaction_step,
    said_at = excluded.said_at
"""
_RATING = """feedback_id, contact_id, importance, importance_scale, importance_step, satisfaction, satisfaction_scale,
    satisfaction_step, said_at"""
LIST_RATINGS = f"""
select {_RATING} from need_ratings where workspace_id = $1 and need_id = $2 and feedback_id > $3
order by feedback_id limit $4
"""

# A link names the idea that it was made with; what is told and shown is the one that it was merged into.
IDEAS = """
select distinct i.root as idea_id from need_ideas l join ideas i on i.workspace_id = $1 and i.id = l.idea_id
where l.workspace_id = $1 and l.need_id = $2 order by idea_id
"""
# Shared, so that nobody merges it meanwhile.
IDEA = "select merged_root from ideas where workspace_id = $1 and id = $2 for share"
SERVED = "select distinct need_id from need_ideas where workspace_id = $1 and idea_id = any($2::uuid[])"
LINK_IDEA = """
insert into need_ideas (need_id, idea_id, workspace_id, linked_by)
select $2, $3, $1, $4 where (select count(*) from need_ideas where workspace_id = $1 and need_id = $2) < $5
on conflict (need_id, idea_id) do nothing
"""
LINKED = "select 1 from need_ideas where workspace_id = $1 and need_id = $2 and idea_id = $3"
# With what was merged into it: the need would go on to name it because of those.
UNLINK_IDEA = """
delete from need_ideas where workspace_id = $1 and need_id = $2
  and idea_id in (select id from ideas where workspace_id = $1 and (id = $3 or merged_root = $3))
"""
