"""Evidence as rows."""

_EVIDENCE = """id, capability_id, competitor_id, theirs, observed_on, url, note, said_by, withdrawn_at, created_at"""
KNOWN = """
select (select archived from capabilities where workspace_id = $1 and id = $2) as capability,
       (select archived from competitors where workspace_id = $1 and id = $3) as competitor
"""
ADD = f"""
insert into evidence (workspace_id, id, capability_id, competitor_id, theirs, observed_on, url, note, said_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning {_EVIDENCE}
"""
GET = f"select {_EVIDENCE} from evidence where workspace_id = $1 and id = $2"
WITHDRAW = """
update evidence set withdrawn_at = now() where workspace_id = $1 and id = $2 and withdrawn_at is null
"""
LIST = f"select {_EVIDENCE} from evidence where workspace_id = $1 and id < $2 order by id desc limit $3"
LIST_OF_CAPABILITY = f"""
select {_EVIDENCE} from evidence where workspace_id = $1 and capability_id = $4 and id < $2 order by id desc limit $3
"""
LIST_OF_COMPETITOR = f"""
select {_EVIDENCE} from evidence where workspace_id = $1 and competitor_id = $4 and id < $2 order by id desc limit $3
"""
LIST_OF_BOTH = f"""
select {_EVIDENCE} from evidence
where workspace_id = $1 and capability_id = $4 and competitor_id = $5 and id < $2 order by id desc limit $3
"""
# The latest evidence of a cell, or no cell. $4: the greatest age in days; $5: today.
_LATEST = """
select id, theirs, observed_on, observed_on + $4::int + 1 as lapses_on from evidence
where workspace_id = $1 and capability_id = $2 and competitor_id = $3 and withdrawn_at is null
order by observed_on desc, id desc limit 1
"""
SETTLE = f"""
with latest as materialized ({_LATEST}), kept as (
    insert into parities (workspace_id, capability_id, competitor_id, evidence_id, theirs, observed_on, lapses_on)
    select $1, $2, $3, id, theirs, observed_on, case when lapses_on > $5::date then lapses_on end from latest
    on conflict (workspace_id, capability_id, competitor_id) do update set
        evidence_id = excluded.evidence_id, theirs = excluded.theirs, observed_on = excluded.observed_on,
        lapses_on = excluded.lapses_on
)
delete from parities
where workspace_id = $1 and capability_id = $2 and competitor_id = $3 and not exists (select from latest)
"""
# Of any workspace: the calendar is the same for all.
DUE = """
select workspace_id, capability_id, competitor_id from parities where lapses_on <= $1 order by lapses_on limit 1
"""
LAPSE = """
update parities set lapses_on = null
where workspace_id = $1 and capability_id = $2 and competitor_id = $3 and lapses_on <= $4 returning evidence_id
"""
