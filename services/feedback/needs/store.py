"""Needs, and what is counted of them, as rows."""

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
# What is answered about a need is counted under its key, from before there was such a need.
_RATED = """coalesce(s.ratings, 0) as ratings, coalesce(s.importance, '{0,0,0,0,0,0}') as importance,
    coalesce(s.satisfaction, '{0,0,0,0,0,0}') as satisfaction"""
_SUBJECT = "left join subjects s on s.workspace_id = n.workspace_id and s.about = n.key"
_SHOWN = f"""
select {", ".join("n." + column for column in _COLUMNS)}, t.insights, {_RATED}
from needs n join need_totals t on t.need_id = n.id and t.workspace_id = n.workspace_id {_SUBJECT}
"""
GET = f"{_SHOWN} where n.workspace_id = $1 and n.id = $2"
LIST = f"{_SHOWN} where n.workspace_id = $1 and n.id < $2 order by n.id desc limit $3"
LIST_PRODUCT = f"""
{_SHOWN} where n.workspace_id = $1 and n.id < $2 and n.product_id = $4 order by n.id desc limit $3
"""

_TOLD = f"""t.workspace_id, t.need_id, t.version, n.job, n.outcome, n.archived, t.insights, {_RATED},
    array(
        select distinct i.root from need_ideas l join ideas i on i.id = l.idea_id where l.need_id = t.need_id
        order by i.root
    ) as idea_ids
"""
# One order for everybody, after ideas' demand and the subjects of answers, so that batches wait and never deadlock.
LOCK = "select need_id from need_totals where need_id = any($1::uuid[]) order by need_id for update"
COUNT = f"""
update need_totals as t set insights = t.insights + d.insights, version = t.version + 1
from unnest($1::uuid[], $2::int[]) as d (need_id, insights) join needs n on n.id = d.need_id {_SUBJECT}
where t.need_id = d.need_id
returning {_TOLD}
"""
TOLD = f"""
select {_TOLD} from need_totals t join needs n on n.id = t.need_id {_SUBJECT}
where t.workspace_id = $1 and t.need_id = any($2::uuid[]) and t.version > 0 order by t.need_id
"""

# Responses in order of arrival, each with all that it says of the need.
LIST_RATINGS = """
with responses as (
    select distinct feedback_id from survey_answers
    where workspace_id = $1 and about = $2 and feedback_id > $3 and measure in ('importance', 'satisfaction')
    order by feedback_id limit $4
)
select a.feedback_id, a.contact_id, a.said_at, a.measure, a.value, a.low, a.high, a.superseded_at
from responses r join survey_answers a on a.workspace_id = $1 and a.feedback_id = r.feedback_id
    and a.about = $2 and a.measure in ('importance', 'satisfaction')
order by a.feedback_id, a.position
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
