"""Runs as rows. They are written once; nothing here changes one after its transaction."""

COUNT = """
select count(*) from (select from scores where workspace_id = $1 and model_id = $2 limit $3) as ranked
"""
TAKE = """
insert into runs (id, workspace_id, name, note, taken_by, taken_at, model_id, model_name, framework, model_version,
                  parameters, strategy, decay, ideas, scored, digest)
select $2, $1, $3, $4, $5, now(), m.id, m.name, m.framework, m.revision, m.parameters, (
           select jsonb_agg(jsonb_build_object('id', objective_id, 'weight', weight, 'progress', progress,
                                               'counts', counts, 'version', strategy_version) order by objective_id)
           from objectives where workspace_id = $1
       ), jsonb_build_object('half_life', $7::float8, 'max_age', $8::int, 'today', $9::date), 0, 0, ''
from models m where m.workspace_id = $1 and m.id = $6
"""
# One statement, so one moment: scores, demand, estimates and needs as they stood together.
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
    select jsonb_agg(jsonb_build_object('id', id, 'input', input, 'value', value, 'spread', spread,
                                        'estimator', estimator)
                     || case when team_id is null then '{}' else jsonb_build_object('team_id', team_id) end
                     order by id) as estimates
    from estimates where workspace_id = $1 and idea_id = r.idea_id and current
) as e on true
left join lateral (
    select jsonb_build_object('objectives', objective_ids, 'weights', weights, 'version', version) as contributions
    from contributions where idea_id = r.idea_id and workspace_id = $1 limit 1
) as c on true
left join lateral (
    select jsonb_agg(jsonb_build_object('evidence_id', p.evidence_id, 'ours', k.ours, 'theirs', p.theirs,
                                        'observed_on', p.observed_on, 'weight', o.weight)
                     order by p.evidence_id) as cells
    from capability_ideas l
    join capabilities k on k.id = l.capability_id and k.workspace_id = l.workspace_id
    join parities p on p.workspace_id = l.workspace_id and p.capability_id = l.capability_id
    join competitors o on o.id = p.competitor_id and o.workspace_id = p.workspace_id
    where l.workspace_id = $1 and l.idea_id = r.idea_id and not k.archived and not o.archived
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
_DIGEST = """
select encode(sha256(convert_to(
    (select (to_jsonb(h) - array[case when strategy is null then 'strategy' end,
                                 case when decay is null then 'decay' end])::text from (
        select id, name, note, taken_by, taken_at at time zone 'UTC' as taken_at, model_id, model_name, framework,
               model_version, parameters, strategy, decay
        from runs where workspace_id = $1 and id = $2
    ) as h)
    || coalesce((select string_agg((to_jsonb(e) - array[case when contributions is null then 'contributions' end,
                                                        case when cells is null then 'cells' end,
                                                        case when needs is null then 'needs' end])::text,
                                   E'\\n' order by position) from (
        select idea_id, position, title, kind, status, state, value, missing, inputs, model_version, demand, estimates,
               contributions, cells, needs
        from run_entries where workspace_id = $1 and run_id = $2
    ) as e), ''), 'UTF8')), 'hex')
"""
SEAL = f"""
update runs set digest = ({_DIGEST}),
    ideas = (select count(*) from run_entries where workspace_id = $1 and run_id = $2),
    scored = (select count(value) from run_entries where workspace_id = $1 and run_id = $2)
where workspace_id = $1 and id = $2
"""
DIGEST = _DIGEST
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
