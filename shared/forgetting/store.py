"""People to be forgotten, and the words that may name them, as rows."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.forgetting.tables import Words

HEAR = """
insert into forgettings (erasure_id, workspace_id, identifiers)
select * from unnest($1::uuid[], $2::uuid[], $3::jsonb[]) on conflict (erasure_id) do nothing
"""
WORK = "select from forgettings where finished_at is null and due_at <= now()"
DUE = """
select workspace_id, erasure_id from forgettings
where finished_at is null and due_at <= now() order by due_at, erasure_id limit 1
"""
CLAIM = """
select identifiers::text as identifiers, place, after::text as after, counts::text as counts from forgettings
where workspace_id = $1 and erasure_id = $2 and finished_at is null for update skip locked
"""
ADVANCE = """
update forgettings set place = $3, after = $4::jsonb, counts = $5::jsonb, failure = null
where workspace_id = $1 and erasure_id = $2
"""
FINISH = """
update forgettings set place = '', after = '[]', counts = $3::jsonb, identifiers = '[]', failure = null,
    finished_at = now()
where workspace_id = $1 and erasure_id = $2
"""
FAILED = """
update forgettings set failure = $3, due_at = now() + interval '1 minute' where workspace_id = $1 and erasure_id = $2
"""
_FORGETTING = "erasure_id, heard_at, finished_at, failure, counts::text as counts"
LIST = f"""
select {_FORGETTING} from forgettings where workspace_id = $1 and erasure_id < $2 order by erasure_id desc limit $3
"""
ANSWERS = """
select key, body from idempotency where workspace_id = $1 and key > $2 order by key limit $3
"""
# An answer that is given again must not bring them back, and must not be made anew either.
ERASE_ANSWER = """
update idempotency set status = 410, outline = null, headers = '{"content-type":"application/problem+json"}',
    key = case when $3 then 'erased:' || gen_random_uuid() else key end,
    body = convert_to('{"type":"urn:cairn:problem:erased","title":"Erased","status":410,"code":"erased",'
        || '"detail":"The answer told of a person who has been erased.","request_id":""}', 'UTF8')
where workspace_id = $1 and key = $2
"""


class Statements(NamedTuple):
    """How a table is gone through: its first rows, the next ones after a key, and one row written anew.

    FIRST: workspace, limit. NEXT: workspace, limit, key as texts. WRITE: workspace, key as texts, then each column as
    it is to be and then as it was, so that a row which somebody changed meanwhile is not written.
    """

    FIRST: str
    NEXT: str
    WRITE: str


def statements(tables: Mapping[str, Words]) -> dict[str, Statements]:
    """Those of each table, by its name."""
    return {name: _statements(each) for name, each in tables.items()}


def _statements(of: Words) -> Statements:
    key, columns = ", ".join(of.key), [*of.texts, *of.documents]
    shown = ", ".join([*of.texts, *(f"{each}::text as {each}" for each in of.documents)])
    names = ", ".join(f"{each}::text as key_{place}" for place, each in enumerate(of.key))
    look = f"select {names}, {shown} from {of.table} where workspace_id = $1"
    past = ", ".join(f"${place}::text::{type}" for place, type in enumerate(of.types, start=3))
    found = " and ".join(
        f"{name} = ${place}::text::{type}" for place, (name, type) in enumerate(zip(of.key, of.types, strict=True), 2)
    )
    first = 2 + len(of.key)
    types = ["text"] * len(of.texts) + ["jsonb"] * len(of.documents)
    wanted = ", ".join(
        f"{name} = ${first + place}::text::{type}"
        for place, (name, type) in enumerate(zip(columns, types, strict=True))
    )
    unchanged = " and ".join(
        f"{name} is not distinct from ${first + len(columns) + place}::text::{type}"
        for place, (name, type) in enumerate(zip(columns, types, strict=True))
    )
    return Statements(
        f"{look} order by {key} limit $2",
        f"{look} and ({key}) > ({past}) order by {key} limit $2",
        f"update {of.table} set {wanted} where workspace_id = $1 and {found} and {unchanged}",
    )
