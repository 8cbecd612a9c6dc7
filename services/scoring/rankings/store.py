"""Rankings as they are read, page by page; each statement by the state of what is listed."""

MODEL = "select framework, active from models where workspace_id = $1 and id = $2"
_RANKED = """
select s.id, s.idea_id, i.title, i.kind, i.status, s.state, s.value, s.missing::text as missing, s.model_version,
       s.computed_at, i.gate
from scores s cross join lateral (
    select title, kind, status, archived, (
        select gate from kano k where k.idea_id = ideas.idea_id and k.workspace_id = ideas.workspace_id
    ) as gate
    from ideas where idea_id = s.idea_id and workspace_id = s.workspace_id limit 1
) as i
where s.workspace_id = $1 and s.model_id = $2 and not i.archived
  and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4) and ($5::text is null or i.gate = $5)
"""
NOW = {
    "scored": f"""{_RANKED}
  and (s.value, s.idea_id) < ($6::float8, $7::uuid) order by s.value desc, s.idea_id desc limit $8
""",
    "not_scoreable": f"""{_RANKED}
  and s.value is null and s.idea_id < $6::uuid order by s.idea_id desc limit $7
""",
}
# Where a filter leaves few ideas they are looked up and sorted; where it leaves many, the ranking is walked, no further
# than a window: whatever is asked for, a page reads a bounded part of an index.
FEW = {
    "gate": "select idea_id from kano where workspace_id = $1 and gate = $2 limit $3",
    "status": "select idea_id from ideas where workspace_id = $1 and status = $2 limit $3",
    "kind": "select idea_id from ideas where workspace_id = $1 and kind = $2 limit $3",
}
_IDEA = """
cross join lateral (
    select title, kind, status, archived, (
        select gate from kano k where k.idea_id = ideas.idea_id and k.workspace_id = ideas.workspace_id
    ) as gate
    from ideas where idea_id = w.idea_id and workspace_id = $1 limit 1
) as i
where not i.archived and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4)
  and ($5::text is null or i.gate = $5)
"""
_SCORE = """
cross join lateral (
    select * from scores where workspace_id = $1 and idea_id = m.idea_id and model_id = $2 limit 1
) as s
"""
_SHOWN = """s.id, s.idea_id, m.title, m.kind, m.status, s.state, s.value, s.missing::text as missing, s.model_version,
    s.computed_at, m.gate"""


def _looked_up(ids: str, behind: str, order: str, limit: str) -> str:
    return f"""
select {_SHOWN} from (select w.idea_id, i.* from unnest({ids}::uuid[]) as w (idea_id) {_IDEA}) as m {_SCORE}
where {behind} order by {order} limit {limit}
"""


# The ideas first, which are narrow: of the scores only those on the page are read.
def _windowed(window: str, order: tuple[str, ...], limit: str) -> str:
    back = ", ".join(f"w.{each}" for each in order)
    falling = ", ".join(f"{each} desc" for each in order)
    return f"""
with w as materialized ({window})
select r.*, seen.looked, seen.reach_value, seen.reach_id from (
    select count(*) as looked, (array_agg(w.value order by {back}))[1] as reach_value,
           (array_agg(w.idea_id order by {back}))[1] as reach_id from w
) as seen left join lateral (
    select {_SHOWN} from (
        select w.value, w.idea_id, i.* from w {_IDEA} order by {falling} limit {limit}
    ) as m {_SCORE} order by {", ".join(f"m.{each} desc" for each in order)}
) as r on true
"""


OF = {
    "scored": _looked_up("$9", "(s.value, s.idea_id) < ($6::float8, $7::uuid)", "s.value desc, s.idea_id desc", "$8"),
    "not_scoreable": _looked_up("$8", "s.value is null and s.idea_id < $6::uuid", "s.idea_id desc", "$7"),
}
WITHIN = {
    "scored": _windowed(
        """select value, idea_id from scores where workspace_id = $1 and model_id = $2
           and (value, idea_id) < ($6::float8, $7::uuid) order by value desc, idea_id desc limit $9""",
        ("value", "idea_id"),
        "$8",
    ),
    "not_scoreable": _windowed(
        """select value, idea_id from scores where workspace_id = $1 and model_id = $2 and value is null
           and idea_id < $6::uuid order by idea_id desc limit $8""",
        ("idea_id",),
        "$7",
    ),
}


# What a day ended with: the score itself where it has not moved since, else the row that the next move left behind.
# Both are walked from the cursor in the order of their index. Of the idea likewise: the first change after that day
# left behind what it had been; without one it is what it is.
def _then(table: str) -> str:
    return f"""
select t.id, t.idea_id, i.title, i.kind, i.status, t.state, t.value, t.missing::text as missing, t.model_version,
       t.computed_at, i.gate
from {table} cross join lateral (
    select coalesce(d.title, n.title) as title, coalesce(d.kind, n.kind) as kind,
           coalesce(d.status, n.status) as status, coalesce(d.archived, n.archived) as archived,
           (select gate from kano k where k.idea_id = n.idea_id and k.workspace_id = n.workspace_id) as gate
    from ideas n left join lateral (
        select title, kind, status, archived from idea_days
        where workspace_id = t.workspace_id and idea_id = t.idea_id and until > $6 order by until limit 1
    ) as d on true
    where n.idea_id = t.idea_id and n.workspace_id = t.workspace_id limit 1
) as i
where t.workspace_id = $1 and t.model_id = $2 and not i.archived
  and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4) and ($5::text is null or i.gate = $5)
"""


_STILL = f"{_then('scores t')} and t.computed_at < ($6::date + 1)::timestamp at time zone 'UTC'"
_DAYS = """(
    select d.*, (
        select id from scores s
        where s.workspace_id = d.workspace_id and s.idea_id = d.idea_id and s.model_id = d.model_id
    ) as id from score_days d
) as t"""
_KEPT = f"{_then(_DAYS)} and t.since <= $6 and t.until > $6"
_FROM_THE_TOP = "and (t.value, t.idea_id) < ($7::float8, $8::uuid) order by t.value desc, t.idea_id desc limit $9"
_BY_ID = "and t.value is null and t.idea_id < $7::uuid order by t.idea_id desc limit $8"
THEN = {
    "scored": f"""
select * from (({_STILL} {_FROM_THE_TOP}) union all ({_KEPT} {_FROM_THE_TOP})) as both_kinds
order by value desc, idea_id desc limit $9
""",
    "not_scoreable": f"""
select * from (({_STILL} {_BY_ID}) union all ({_KEPT} {_BY_ID})) as both_kinds order by idea_id desc limit $8
""",
}
