"""What questions are about as rows, and which ideas those are."""


def _sum(column: str) -> str:
    return f"""array(
        select was + more from unnest(t.{column}, excluded.{column}) with ordinality as s (was, more, place)
        order by place
    )"""


# In one order for everybody, so that batches wait and never deadlock; added one by one, so that a subject that
# thousands answer about costs the same as a new one.
COUNT = f"""
insert into subjects as t (workspace_id, about, ratings, importance, satisfaction, kano, kano_version)
select workspace_id, about, ratings, importance, satisfaction, kano, kano_version from json_to_recordset($1::json)
    as d (workspace_id uuid, about text, ratings int, importance int[], satisfaction int[], kano int[],
        kano_version bigint)
order by workspace_id, about collate "C"
on conflict (workspace_id, about) do update set ratings = t.ratings + excluded.ratings,
    importance = {_sum("importance")}, satisfaction = {_sum("satisfaction")}, kano = {_sum("kano")},
    kano_version = t.kano_version + excluded.kano_version
"""
# Whoever makes an idea waits here for answers about its key that are being counted, so that one of the two tells of it.
TOLD = """
select i.workspace_id, i.id as idea_id, s.about, s.kano_version as version, s.kano
from unnest($1::uuid[], $2::text[]) as asked (workspace_id, about)
join subjects s on s.workspace_id = asked.workspace_id and s.about = asked.about
join ideas i on i.workspace_id = s.workspace_id and i.key = s.about
where s.kano_version > 0 order by i.id for no key update of s
"""
