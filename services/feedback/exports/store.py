"""Exports as rows, and the statements that read and write a whole workspace, made of the tables' own description."""

from services.feedback.tables.carried import Carried, Field, carried, references

_NOBODY = "00000000-0000-0000-0000-000000000000"
_LIKE_AN_ID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
TABLES = {table.name: table for table in carried()}


def _renamed(column: str) -> str:
    """An id under its other name: its last 32 bits are crossed with the workspace's mask, which is $2.

    Twice is the same. Time, version and counter stay: ids keep their order and stay valid. The one of zeros is
    nobody's, and stays.
    """
    last = f"to_hex(('x' || substr({column}::text, 29))::bit(32)::bigint # $2::bigint)"
    other = f"(substr({column}::text, 1, 28) || lpad({last}, 8, '0'))::uuid"
    return f"case when {column} = '{_NOBODY}' then {column} else {other} end"


def _other_name(field: Field, column: str) -> str:
    """What a column holds under its other name, where it holds an id."""
    if field.may_name:
        return f"case when {column} ~ '{_LIKE_AN_ID}' then ({_renamed(f'{column}::uuid')})::text else {column} end"
    if field.inside:
        id = _renamed("(v #>> '{}')::uuid")
        value = f"case when v #>> '{{}}' ~ '{_LIKE_AN_ID}' then to_jsonb({id}) else v end"
        renamed = f"(select coalesce(jsonb_object_agg(k, {value}), '{{}}') from jsonb_each({column}) as e (k, v))"
        return f"case when jsonb_typeof({column}) = 'object' then {renamed} else {column} end"
    return _renamed(column) if field.names else column


def _read(table: Carried) -> str:
    columns = ", ".join(f"{_told(table, each)} as {each.name}" for each in table.fields)
    return f"""
select row_to_json(r)::text as line from (select {columns} from {table.name} where workspace_id = $1) as r
order by {", ".join(f"r.{name}" for name in table.key)}
"""


def _told(table: Carried, field: Field) -> str:
    if not field.counted:
        return _other_name(field, field.name)
    rest = ", ".join(name for name in table.key if name != field.name)
    return f"row_number() over (partition by {rest} order by {field.name})"


def _write(table: Carried) -> str:
    """Of lines in a JSON list, $3; the rows are the database's to read, so that no number passes through a float.

    What the database numbers it numbers again, in the same order.
    """
    given = [each for each in table.fields if not each.counted]
    names = ", ".join(each.name for each in given)
    values = ", ".join(_value(each) for each in given)
    return f"""
insert into {table.name} (workspace_id, {names})
select $1, {values}
from json_array_elements($3::json) with ordinality as given (line, place)
cross join lateral json_populate_record(null::{table.name}, given.line -> 'row') as r
order by place
"""


def _value(field: Field) -> str:
    if field.later:
        return "null"
    value = _other_name(field, f"r.{field.name}")
    return value if field.default is None else f"coalesce({value}, {field.default})"


def _complete(table: Carried) -> str:
    """Fills in what refers to rows of the same table."""
    later = [each for each in table.fields if each.later]
    sets = ", ".join(f"{each.name} = {_renamed(f'r.{each.name}')}" for each in later)
    same = " and ".join(f"t.{name} = ({_renamed(f'r.{name}')})" for name in table.key)
    return f"""
update {table.name} as t set {sets}
from json_array_elements($3::json) as given (line)
cross join lateral json_populate_record(null::{table.name}, given.line -> 'row') as r
where t.workspace_id = $1 and {same} and ({" or ".join(f"r.{each.name} is not null" for each in later)})
"""


READ = {name: _read(table) for name, table in TABLES.items()}
WRITE = {name: _write(table) for name, table in TABLES.items()}
COMPLETE = {name: _complete(table) for name, table in TABLES.items() if any(field.later for field in table.fields)}
# Whoever has it: in a workspace that is empty it would be somebody else's.
TAKEN = {
    name: f"select true from {name} where {key} = any($1::uuid[]) limit 1"
    for name, (key, _) in references().items()
    if key is not None
}
FILLED = " union all ".join(
    f"select '{name}' as name where exists (select 1 from {name} where workspace_id = $1)"
    for name, table in TABLES.items()
    if table.listed
)

TOLD_IDEAS = """
select id as idea_id, version, title, kind, status, archived, merged_root as merged_into, product_id from ideas
where workspace_id = $1 and id = any($2::uuid[])
"""
TOLD_DEMAND = """
select idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version from demand
where workspace_id = $1 and idea_id = any($2::uuid[]) and version > 0
"""
TOLD_FEEDBACK = """
select id as feedback_id, version, source, contact_id, received_at from feedback
where workspace_id = $1 and id = any($2::uuid[])
"""

# Where the server ends transactions that take long (PostgreSQL 17 on), this one may.
AT_LENGTH = """
select set_config('transaction_timeout', '30min', true) where current_setting('server_version_num')::int >= 170000
"""
_EXPORT = """id, state, reason, rows, size, sha256, created_at, finished_at, expires_at"""
ADD = f"insert into exports (id, workspace_id, currency) values ($1, $2, $3) returning {_EXPORT}"
GET = f"select {_EXPORT} from exports where workspace_id = $1 and id = $2"
LIST = f"select {_EXPORT} from exports where workspace_id = $1 and id < $2 order by id desc limit $3"
UNFINISHED = f"""
select {_EXPORT} from exports where workspace_id = $1 and state in ('waiting', 'running') order by id limit 1
"""
DELETE = "delete from exports where workspace_id = $1 and id = $2"
WORK = """
select 1 from exports where state in ('waiting', 'running') and due_at <= now()
union all select 1 from exports where expires_at < now()
"""
CLAIM = """
update exports set state = 'running', holder = $1, starts = starts + 1, rows = 0,
    due_at = now() + make_interval(secs => $2)
where id = (
    select id from exports where state in ('waiting', 'running') and due_at <= now()
    order by due_at limit 1 for update skip locked
)
returning id, workspace_id, currency, starts
"""
KEEP = """
with kept as (
    update exports set rows = $4, due_at = now() + make_interval(secs => $5)
    where workspace_id = $1 and id = $2 and holder = $3 and state = 'running' returning id
)
insert into export_parts (workspace_id, export_id, holder, number, content) select $1, id, $3, $6, $7 from kept
"""
END = """
update exports set state = $4, reason = $5, rows = $6, size = $7, sha256 = $8, finished_at = now(),
    expires_at = now() + make_interval(days => $9)
where workspace_id = $1 and id = $2 and holder = $3 and state = 'running'
"""
DROP_OTHERS = "delete from export_parts where workspace_id = $1 and export_id = $2 and holder <> $3"
PART = """
select p.content from exports e join export_parts p on p.export_id = e.id and p.holder = e.holder
where e.workspace_id = $1 and e.id = $2 and p.number = $3
"""
EXPIRE = "delete from exports where expires_at < now()"
