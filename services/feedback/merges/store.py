"""Merged ideas as rows."""

SOUGHT = "select id, key, root, merged_into, item_status from ideas where workspace_id = $1 and id = $2"
# Both trees, in one order. Not `for update`: a vote's foreign key would wait for it.
LOCK = """
select id, root, merged_into from ideas
where workspace_id = $1 and (id = any($2::uuid[]) or merged_root = any($2::uuid[])) order by id for no key update
"""
# An idea that was merged, with those that were merged into it before: all of them count at its new root.
MERGE = """
update ideas set merged_into = case when id = $2 then $3 else merged_into end, merged_root = $4,
    merged_at = case when id = $2 then now() else merged_at end,
    merged_by = case when id = $2 then $6 else merged_by end, version = version + 1, updated_at = now()
where workspace_id = $1 and id = any($5::uuid[])
returning workspace_id, id, title, kind, status, archived, merged_root, product_id, version
"""
UNMERGE = """
update ideas set merged_into = case when id = $2 then null else merged_into end,
    merged_root = case when id = $2 then null else $2 end, merged_at = case when id = $2 then null else merged_at end,
    merged_by = case when id = $2 then null else merged_by end, version = version + 1, updated_at = now()
where workspace_id = $1 and id = any($3::uuid[])
returning workspace_id, id, title, kind, status, archived, merged_root, product_id, version
"""
LIST = """
select id, key, title, merged_into, merged_at, merged_by from ideas
where workspace_id = $1 and merged_root = $2 and id > $3 order by id limit $4
"""
