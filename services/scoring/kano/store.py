"""What kind of quality ideas are, as rows."""

PROJECT = """
insert into kano (idea_id, workspace_id, counts, gate, version, event_id)
select idea_id, workspace_id, counts, gate, version, event_id from json_to_recordset($1::json)
    as k (idea_id uuid, workspace_id uuid, counts int[], gate text, version bigint, event_id uuid)
on conflict (idea_id) do update set
    counts = excluded.counts, gate = excluded.gate, version = excluded.version, event_id = excluded.event_id
where kano.workspace_id = excluded.workspace_id and kano.version < excluded.version
returning idea_id
"""
GET = "select counts, version, event_id from kano where workspace_id = $1 and idea_id = $2"
_LISTED = """
select k.idea_id, i.title, k.counts, k.version, k.event_id from kano k cross join lateral (
    select title, archived from ideas where idea_id = k.idea_id and workspace_id = k.workspace_id limit 1
) as i
where k.workspace_id = $1 and not i.archived
"""
# A gate's ideas are a range of the index; of any gate, each gate's next ones are taken from it and put in order.
LIST = f"""
select one.* from unnest($2::text[]) as g (gate) cross join lateral (
    {_LISTED} and k.gate = g.gate and k.idea_id < $3 order by k.idea_id desc limit $4
) as one order by idea_id desc limit $4
"""
