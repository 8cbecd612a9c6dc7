"""Imports as rows."""

_IMPORT = """id, kind, vendor, format, source, mapping::text as mapping, noticed::text as noticed, hints::text as hints,
    dry_run, state, reason, size, sha256, layout::text as layout, pass, position, extent, number, rows, invalid,
    counts::text as counts, seconds, started_at, finished_at, expires_at, version, created_at"""
_JOB = """id, workspace_id, kind, vendor, format, source, mapping::text as mapping, statuses::text as statuses,
    noticed::text as noticed, hints::text as hints, dry_run, upload, size, pass,
    position, extent, number, rows, counts::text as counts, key_id, currency, starts"""
ADD = f"""
insert into imports (id, workspace_id, kind, vendor, format, source, mapping, dry_run, key_id, currency, expires_at,
    statuses, hints)
values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, now() + make_interval(days => $11), $12::jsonb, $13::jsonb)
returning {_IMPORT}
"""
GET = f"select {_IMPORT} from imports where workspace_id = $1 and id = $2"
LIST = f"select {_IMPORT} from imports where workspace_id = $1 and id < $2 order by id desc limit $3"
DELETE = "delete from imports where workspace_id = $1 and id = $2"

# Uploads at the same time are apart; the first that is whole is the file.
TAKE = f"""
update imports set upload = $3, size = $4, sha256 = $5, extent = $4, state = 'waiting', due_at = now(),
    expires_at = null, version = version + 1
where workspace_id = $1 and id = $2 and state = 'awaiting_file' returning {_IMPORT}
"""
CANCEL = f"""
update imports set state = 'cancelled', holder = null, finished_at = now(), version = version + 1,
    expires_at = now() + make_interval(days => $3)
where workspace_id = $1 and id = $2 and state in ('awaiting_file', 'waiting', 'running') returning {_IMPORT}
"""

WORK = """
select 1 from imports where state in ('waiting', 'running') and due_at <= now()
union all select 1 from imports where expires_at < now()
"""
CLAIM = f"""
update imports set state = 'running', holder = $1, starts = starts + 1, due_at = now() + make_interval(secs => $2),
    started_at = coalesce(started_at, now()), version = version + 1
where id = (
    select id from imports where state in ('waiting', 'running') and due_at <= now()
    order by due_at limit 1 for update skip locked
)
returning {_JOB}
"""
OTHERS_WAIT = """
select exists (select 1 from imports where state in ('waiting', 'running') and due_at <= now() and id <> $1)
"""
# The fence: whoever lost the import, or is not where it thinks it is, stores nothing.
HOLD = """
select invalid from imports
where workspace_id = $1 and id = $2 and holder = $3 and state = 'running' and pass = $4 and position = $5
for no key update
"""
ADD_ERRORS = """
with added as (
    insert into import_errors (workspace_id, import_id, number, errors, raw)
    select $1, $2, number, errors, raw from json_to_recordset($3::json) as e (number bigint, errors jsonb, raw text)
    on conflict (import_id, number) do nothing returning 1
)
select count(*) from added
"""
MOVE = """
update imports set pass = $3, position = $4, number = $5, rows = $6, invalid = invalid + $7, counts = $8::jsonb,
    seconds = seconds + $9, starts = 0, due_at = now() + make_interval(secs => $10), noticed = $11::jsonb,
    version = version + 1
where workspace_id = $1 and id = $2
"""
DESCRIBE = """
update imports set layout = $4::jsonb, extent = $5 where workspace_id = $1 and id = $2 and holder = $3
"""
RENEW = """
update imports set due_at = now() + make_interval(secs => $4)
where workspace_id = $1 and id = $2 and holder = $3 and state = 'running'
"""
LEAVE = """
update imports set due_at = now(), holder = null where workspace_id = $1 and id = $2 and holder = $3
"""
END = """
update imports set state = $4, reason = $5, holder = null, finished_at = now(), version = version + 1,
    expires_at = now() + make_interval(days => $6)
where workspace_id = $1 and id = $2 and holder = $3 and state = 'running'
"""
EXPIRE = "delete from imports where expires_at < now()"
