"""Rankings as they are read, page by page; each statement by the state of what is listed.

Whatever is asked for, a page reads a bounded part of an index: where a filter leaves few ideas they are looked up and
sorted; where it leaves many, the ranking is walked from the cursor, no further than a window.
"""

from collections.abc import Mapping

from services.scoring.scores.computed import State

MODEL = """
select framework, active, (select r.id from rescores r where r.workspace_id = $1 and r.model_id = $2) as rescoring_id
from models where workspace_id = $1 and id = $2
"""


def _few(column: str, table: str = "ideas") -> str:
    """The range and the order name the index, whatever the statistics say of how many there are."""
    return f"""
select idea_id from {table} where workspace_id = $1 and {column} between $2 and $2 order by {column}, idea_id limit $3
"""


FEW = {"product_id": _few("product_id"), "gate": _few("gate", "kano"), "status": _few("status"), "kind": _few("kind")}


def _falling(table: str) -> str:
    """The index `scores_ranking` read backwards: by value also where all have none, or the planner would sort."""
    return f"{table}.value desc, {table}.idea_id desc"


def _gate(idea: str) -> str:
    return f"(select gate from kano k where k.workspace_id = $1 and k.idea_id = {idea})"


# The range names the index, as where scores are written: statistics may say that the table is empty.
def _score(idea: str) -> str:
    return f"""cross join lateral (
    select * from scores where workspace_id = $1 and model_id = $2 and idea_id between {idea} and {idea}
    order by idea_id limit 1
) as s"""


# All of it is in the index `ideas_ranked`: most ideas that are looked at may be of another kind.
_IDEA = """cross join lateral (
    select kind, status, archived, product_id from ideas where workspace_id = $1 and idea_id = w.idea_id limit 1
) as i"""
_FITS = f"""not i.archived and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4)
    and ($5::text is null or $5 = {_gate("w.idea_id")}) and ($6::uuid is null or i.product_id = $6)"""


def _rescored(column: str) -> str:
    return f"(select {column} from rescores where workspace_id = $1 and model_id = $2)"


# The rest of those on the page alone. A score is stale that a change has not come to yet, and nothing else has moved.
def _shown() -> str:
    return f"""
select s.id, s.idea_id, t.title, p.kind, p.status, p.product_id, s.state, s.value,
       s.missing::text as missing, s.model_version, s.computed_at, {_gate("p.idea_id")} as gate,
       coalesce(s.idea_id > {_rescored("after")} and s.computed_at < {_rescored("asked_at")}, false) as stale
from p {_score("p.idea_id")} cross join lateral (
    select title from ideas where workspace_id = $1 and idea_id = p.idea_id limit 1
) as t order by {_falling("s")}
"""


# Where the window ends; no row where it holds all that is left.
def _end(table: str, places: str, window: str) -> str:
    return f"""
select s.value, s.idea_id from {table} s
where s.workspace_id = $1 and s.model_id = $2 and {places} order by {_falling("s")} offset {window}::int - 1 limit 1
"""


# What the window gives comes in order and stays so: the page's limit ends the walk. Where that ends with the window the
# one row that there always is tells its last place, if there are others below it.
def _walked(places: str, limit: str, window: str) -> str:
    return f"""
with p as materialized (
    select w.idea_id, i.kind, i.status, i.product_id from (
        select s.value, s.idea_id from scores s
        where s.workspace_id = $1 and s.model_id = $2 and {places} order by {_falling("s")} limit {window}
    ) as w {_IDEA} where {_FITS} order by {_falling("w")} limit {limit}
)
select r.*, e.value as end_value, e.idea_id as end_id
from (values (1)) as one
left join ({_shown()}) as r on true
left join ({_end("scores", f"(select count(*) from p) < {limit} and {places}", window)}) as e on true
order by {_falling("r")}
"""


def _looked_up(places: str, limit: str, ideas: str) -> str:
    return f"""
with p as materialized (
    select w.idea_id, i.kind, i.status, i.product_id
    from unnest({ideas}::uuid[]) as w (idea_id) {_IDEA} {_score("w.idea_id")}
    where {_FITS} and {places} order by {_falling("s")} limit {limit}
) {_shown()}
"""


_BELOW: Mapping[State, tuple[str, str, str]] = {
    "scored": ("(s.value, s.idea_id) < ($7::float8, $8::uuid)", "$9", "$10"),
    "not_scoreable": ("s.value is null and s.idea_id < $7::uuid", "$8", "$9"),
}
NOW = {state: _walked(*below) for state, below in _BELOW.items()}
OF = {state: _looked_up(*below) for state, below in _BELOW.items()}
_BEYOND: Mapping[State, tuple[str, str]] = {
    "scored": ("(s.value, s.idea_id) < ($3::float8, $4::uuid)", "$5"),
    "not_scoreable": ("s.value is null and s.idea_id < $3::uuid", "$4"),
}
# Of the two that are walked beside each other: the window that ends first.
END = {
    state: f"""
select e.value, e.idea_id from (({_end("scores", *beyond)}) union all ({_end("score_days", *beyond)})) as e
order by {_falling("e")} limit 1
"""
    for state, beyond in _BEYOND.items()
}


# What a day ended with: the score itself where it has not moved since, else the row that the next move left behind.
# Both are walked from the cursor in the order of their index, down to where the first of their windows ends. Of the
# idea likewise: the first change after that day left behind what it had been; without one it is what it is.
def _then(table: str) -> str:
    return f"""
select t.id, t.idea_id, i.title, i.kind, i.status, i.product_id, t.state, t.value,
       t.missing::text as missing, t.model_version, t.computed_at, i.gate, false as stale
from {table} cross join lateral (
    select coalesce(d.title, n.title) as title, coalesce(d.kind, n.kind) as kind,
           coalesce(d.status, n.status) as status, coalesce(d.archived, n.archived) as archived,
           case when d.until is null then n.product_id else d.product_id end as product_id,
           {_gate("n.idea_id")} as gate
    from ideas n left join lateral (
        select title, kind, status, archived, product_id, until from idea_days
        where workspace_id = $1 and idea_id = t.idea_id and until > $7 order by until limit 1
    ) as d on true
    where n.idea_id = t.idea_id and n.workspace_id = $1 limit 1
) as i
where t.workspace_id = $1 and t.model_id = $2 and not i.archived
  and ($3::text is null or i.kind = $3) and ($4::text is null or i.status = $4) and ($5::text is null or i.gate = $5)
  and ($6::uuid is null or i.product_id = $6)
"""


_STILL = f"{_then('scores t')} and t.computed_at < ($7::date + 1)::timestamp at time zone 'UTC'"
_DAYS = """(
    select d.*, (
        select id from scores s
        where s.workspace_id = d.workspace_id and s.idea_id = d.idea_id and s.model_id = d.model_id
    ) as id from score_days d
) as t"""
_KEPT = f"{_then(_DAYS)} and t.since <= $7 and t.until > $7"
_BETWEEN: Mapping[State, tuple[str, str]] = {
    "scored": (
        "(t.value, t.idea_id) < ($8::float8, $9::uuid) and (t.value, t.idea_id) >= ($10::float8, $11::uuid)",
        "$12",
    ),
    "not_scoreable": ("t.value is null and t.idea_id < $8::uuid and t.idea_id >= $9::uuid", "$10"),
}
THEN = {
    state: f"""
select b.* from (
    ({_STILL} and {places} order by {_falling("t")} limit {limit})
    union all
    ({_KEPT} and {places} order by {_falling("t")} limit {limit})
) as b order by {_falling("b")} limit {limit}
"""
    for state, (places, limit) in _BETWEEN.items()
}
