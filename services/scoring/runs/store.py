"""Runs as rows. They are written once; nothing here changes one after its transaction."""

COUNT = """
select count(*) from (select from scores where workspace_id = $1 and model_id = $2 limit $3) as ranked
"""
# One statement, so one moment: scores, demand, estimates and needs as they stood together, each idea with what counts
# for it of those that were merged into it. Who made an estimate is left to the estimate: nobody can be taken out here.
FREEZE = """
insert into run_entries (run_id, workspace_id, idea_id, position, title, kind, status, state, value, missing, inputs,
                         model_version, demand, estimates, contributions, cells, needs)
select $2, $1, r.idea_id, r.position, r.title, r.kind, r.status, r.state, r.value, r.missing, r.inputs,
       r.model_version, d.demand, coalesce(e.estimates, '[]'), c.contributions, p.cells, n.needs
from (
    select s.*, i.title, i.kind, i.status,
           row_number() over (order by s.value desc nulls last, s.idea_id desc) as position
    from scores s cross join lateral (
        select title, kind, status, archived from ideas
        where idea_id = s.idea_id and workspace_id = s.workspace_id limit 1
    ) as i
    where s.workspace_id = $1 and s.model_id = $3 and not i.archived
) as r
left join lateral (
    select jsonb_build_object('votes', votes, 'insights', insights, 'contacts', contacts, 'accounts', accounts,
                              'version', version, 'event_id', event_id)
           || coalesce((
               select jsonb_build_object('weights', jsonb_agg(to_jsonb(w) - array[
                   'workspace_id', 'idea_id', 'month', 'computed_at'] order by policy_id))
               from weights w where w.workspace_id = $1 and w.idea_id = r.idea_id having count(*) > 0
           ), '{}') as demand
    from demand where idea_id = r.idea_id and workspace_id = $1 limit 1
) as d on true
left join lateral (
    select jsonb_agg(jsonb_build_object('id', id, 'input', input, 'value', value, 'spread', spread)
                     || case when team_id is null then '{}' else jsonb_build_object('team_id', team_id) end
                     order by id) as estimates
    from (
        select id, input, value, spread, team_id from estimates
        where workspace_id = $1 and idea_id = r.idea_id and current
        union all
        select m.* from (
            select distinct on (e.input, e.estimator) e.id, e.input, e.value, e.spread, e.team_id
            from ideas i join estimates e on e.workspace_id = $1 and e.idea_id = i.idea_id and e.current
            where i.workspace_id = $1 and i.merged_into = r.idea_id
            order by e.input, e.estimator, e.id desc
        ) as m
        where not exists (
            select from estimates o
            where o.workspace_id = $1 and o.idea_id = r.idea_id and o.input = m.input and o.current
        )
    ) as counted
) as e on true
left join lateral (
    with said as (
        select objective_ids, weights, version, true as own from contributions
        where idea_id = r.idea_id and workspace_id = $1
        union all
        select m.objective_ids, m.weights, m.version, false
        from ideas i join contributions m on m.idea_id = i.idea_id and m.workspace_id = $1
        where i.workspace_id = $1 and i.merged_into = r.idea_id
    ), best as (
        select distinct on (objective_id) objective_id, weight
        from said cross join lateral unnest(objective_ids, weights) as o (objective_id, weight)
        order by objective_id, own desc, weight desc
    )
    select jsonb_build_object(
        'objectives', coalesce((select jsonb_agg(objective_id order by objective_id) from best), '[]'),
        'weights', coalesce((select jsonb_agg(weight order by objective_id) from best), '[]'),
        'version', max(version)) as contributions
    from said having count(*) > 0
) as c on true
left join lateral (
    select jsonb_agg(jsonb_build_object('evidence_id', p.evidence_id, 'ours', k.ours, 'theirs', p.theirs,
                                        'observed_on', p.observed_on, 'weight', o.weight)
                     order by p.evidence_id) as cells
    from (
        select capability_id, workspace_id from capability_ideas where workspace_id = $1 and idea_id = r.idea_id
        union
        select m.capability_id, m.workspace_id
        from ideas i join capability_ideas m on m.workspace_id = $1 and m.idea_id = i.idea_id
        where i.workspace_id = $1 and i.merged_into = r.idea_id
    ) as l
    join capabilities k on k.id = l.capability_id and k.workspace_id = l.workspace_id
    join parities p on p.workspace_id = l.workspace_id and p.capability_id = l.capability_id
    join competitors o on o.id = p.competitor_id and o.workspace_id = p.workspace_id
    where not k.archived and not o.archived
) as p on true
left join lateral (
    select jsonb_agg(jsonb_build_object('need_id', n.need_id, 'importance', n.importance, 'important', n.important,
                                        'satisfaction', n.satisfaction, 'satisfied', n.satisfied,
                                        'event_id', n.event_id, 'version', n.version) order by n.need_id) as needs
    from need_ideas l cross join lateral (
        select * from needs where need_id = l.need_id and workspace_id = l.workspace_id limit 1
    ) as n
    where l.workspace_id = $1 and l.idea_id = r.idea_id and not n.archived
) as n on true
"""


# What was added to runs later counts where there is something: older ones keep their digests.
def _digest(header: str) -> str:
    return f"""encode(sha256(convert_to(
    (select (to_jsonb(h) - array[case when strategy is null then 'strategy' end,
                                 case when decay is null then 'decay' end])::text from (
        select id, name, note, taken_by, taken_at at time zone 'UTC' as taken_at, model_id, model_name, framework,
               model_version, parameters, strategy, decay
        from {header}
    ) as h)
    || coalesce((select string_agg((to_jsonb(e) - array[case when contributions is null then 'contributions' end,
                                                        case when cells is null then 'cells' end,
                                                        case when needs is null then 'needs' end])::text,
                                   E'\\n' order by position) from (
        select idea_id, position, title, kind, status, state, value, missing, inputs, model_version, demand, estimates,
               contributions, cells, needs
        from run_entries where workspace_id = $1 and run_id = $2
    ) as e), ''), 'UTF8')), 'hex')"""


# Behind its entries, with the digest over all of it: the role of the service may not change it afterwards.
TAKE = f"""
with header as (
    select $2::uuid as id, $3::text as name, $4::text as note, $5::text as taken_by, now() as taken_at,
           m.id as model_id, m.name as model_name, m.framework, m.revision as model_version, m.parameters, (
               select jsonb_agg(jsonb_build_object('id', objective_id, 'weight', weight, 'progress', progress,
                                                   'counts', counts, 'version', strategy_version)
                                order by objective_id)
               from objectives where workspace_id = $1
           ) as strategy,
           jsonb_build_object('half_life', $7::float8, 'max_age', $8::int, 'today', $9::date) as decay
    from models m where m.workspace_id = $1 and m.id = $6
)
insert into runs (id, workspace_id, name, note, taken_by, taken_at, model_id, model_name, framework, model_version,
                  parameters, strategy, decay, ideas, scored, digest)
select id, $1, name, note, taken_by, taken_at, model_id, model_name, framework, model_version, parameters, strategy,
       decay, (select count(*) from run_entries where workspace_id = $1 and run_id = $2),
       (select count(value) from run_entries where workspace_id = $1 and run_id = $2),
       {_digest("header")}
from header
"""
DIGEST = f"select {_digest('runs where workspace_id = $1 and id = $2')}"
_RUN = """id, name, note, taken_by, taken_at, model_id, model_name, framework, model_version,
    parameters::text as parameters, ideas, scored, digest"""
GET = f"select {_RUN} from runs where workspace_id = $1 and id = $2"
LOCK = "select digest from runs where workspace_id = $1 and id = $2 for update"
LIST = f"""
select {_RUN} from runs where workspace_id = $1 and id < $2 and ($3::uuid is null or model_id = $3)
order by id desc limit $4
"""
ENTRIES = """
select idea_id, position, title, kind, status, state, value, missing::text as missing, inputs::text as inputs,
       model_version
from run_entries where workspace_id = $1 and run_id = $2 and position > $3 order by position limit $4
"""
PLACES = """
select idea_id, title, position, value, state, inputs::text as inputs from run_entries
where workspace_id = $1 and run_id = $2 order by position
"""
FACTS = "select strategy::text as strategy, decay::text as decay from runs where workspace_id = $1 and id = $2"
EVIDENCE = """
select idea_id, title, position, value, demand::text as demand, estimates::text as estimates,
       contributions::text as contributions, cells::text as cells, needs::text as needs
from run_entries
where workspace_id = $1 and run_id = $2 order by position
"""
NOW = """
select s.idea_id, i.title, row_number() over (order by s.value desc nulls last, s.idea_id desc) as position, s.value,
       s.state, s.inputs::text as inputs
from scores s cross join lateral (
    select title, archived from ideas where idea_id = s.idea_id and workspace_id = s.workspace_id limit 1
) as i
where s.workspace_id = $1 and s.model_id = $2 and not i.archived order by position limit $3
"""
LAST_DECISION = """
select position, digest from run_decisions where workspace_id = $1 and run_id = $2 order by position desc limit 1
"""
HAS_IDEA = "select 1 from run_entries where workspace_id = $1 and run_id = $2 and idea_id = $3"
_DECISION = "id, run_id, position, kind, idea_id, action, reason, decided_by, recorded_by, created_at, digest"
DECIDE = f"""
insert into run_decisions (id, workspace_id, run_id, position, kind, idea_id, action, reason, decided_by, recorded_by,
                           digest, created_at)
values ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning {_DECISION}
"""
DECISIONS = f"""
select {_DECISION} from run_decisions where workspace_id = $1 and run_id = $2 and position > $3
order by position limit $4
"""
