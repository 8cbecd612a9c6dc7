"""How long raw deliveries are kept, as statements."""

WORK = "select from retention where due_at <= now()"
_RETENTION = "deliveries_days, emptied, swept_at, version"
GET = f"select {_RETENTION} from retention where workspace_id = $1"
LOCK = f"{GET} for update"
# What is older than what was looked at is gone; a shorter time begins where the longer one ended.
SET = f"""
insert into retention as r (workspace_id, deliveries_days, due_at)
values ($1, $2, case when $2::int is not null then now() end)
on conflict (workspace_id) do update set deliveries_days = excluded.deliveries_days, due_at = excluded.due_at,
    version = r.version + 1
returning {_RETENTION}
"""
DUE = """
select workspace_id, deliveries_days, place from retention where due_at <= $1 order by due_at limit 1
for update skip locked
"""
OLD = "select id, state from deliveries where workspace_id = $1 and id > $2 and id < $3 order by id limit $4"
SWEPT = """
update retention set place = $2, emptied = emptied + $3, swept_at = $4, due_at = $5 where workspace_id = $1
"""
