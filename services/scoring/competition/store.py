"""The parity matrix as rows."""

IDEAS_OF = """
select distinct idea_id from capability_ideas where workspace_id = $1 and capability_id = any($2::uuid[])
"""
COMPETITORS = "select id, name, weight from competitors where workspace_id = $1 and not archived order by id"
CAPABILITIES = """
select id, name, ours from capabilities where workspace_id = $1 and not archived and id > $2
  and ($4::uuid is null or id in (
        select capability_id from capability_ideas where workspace_id = $1 and idea_id = any(array(
            with root as materialized (
                select coalesce((select merged_into from ideas where workspace_id = $1 and idea_id = $4), $4) as id
            )
            select id from root
            union all select i.idea_id from root join ideas i on i.workspace_id = $1 and i.merged_into = root.id
        ))
    ))
order by id limit $3
"""
CELLS = """
select capability_id, competitor_id, evidence_id, theirs, observed_on from parities
where workspace_id = $1 and capability_id = any($2::uuid[]) and competitor_id = any($3::uuid[])
"""
DECAY = "select half_life_days, max_age_days, version from competition_decays where workspace_id = $1"
SET_DECAY = """
insert into competition_decays (workspace_id, half_life_days, max_age_days, version) values ($1, $2, $3, 1)
on conflict (workspace_id) do update set half_life_days = excluded.half_life_days,
    max_age_days = excluded.max_age_days, version = competition_decays.version + 1
returning half_life_days, max_age_days, version
"""
# What has lapsed by the new age has no day on which to lapse: all ideas are scored anew with this.
SPREAD = """
update parities set lapses_on = case when observed_on + $2::int + 1 > $3::date then observed_on + $2::int + 1 end
where workspace_id = $1
"""
