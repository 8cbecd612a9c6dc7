"""Scores as rows."""

from shared.events.scoring import ScoreChanged
from shared.outbox import telling

# Ids come as the text of an array: the driver looks at each element of a list several times over.
# Both kinds of lock in one round trip. Each is taken in the order of its key, workspaces before ideas, and everyone
# takes them through these statements, so nobody waits in a circle.
# With an idea the one that it was merged into is locked: it is that one's score which moves.
LOCK_IDEAS = """
select count(pg_advisory_xact_lock_shared(key)) from (
    select distinct hashtextextended(id::text, 21) as key from unnest($1::text::uuid[]) as w (id) order by key
) as workspaces
union all
select count(pg_advisory_xact_lock(key)) from (
    select distinct hashtextextended(id::text, 22) as key from (
        select id from unnest($2::text::uuid[]) as i (id)
        union all
        select merged_into from ideas
        where idea_id = any($2::text::uuid[]) and workspace_id = any($1::text::uuid[]) and merged_into is not null
    ) as both_kinds order by key
) as ideas
"""
LOCK_WORKSPACES = """
select pg_advisory_xact_lock(key)::text from (
    select distinct hashtextextended(id::text, 21) as key from unnest($1::uuid[]) as w (id) order by key
) as workspaces
"""
# The corrections come with the model: they are few, and another statement for each batch is not worth them. So does
# which of the ideas ($3) have been merged, and into what; which of them are still to be scored for a need; and which
# change of the model, or of what it reads, has reached the ideas up to `swept` alone.
ACTIVE_MODELS = """
with merged as materialized (
    select json_object_agg(idea_id, merged_into)::text as into_others from ideas
    where idea_id = any($3::uuid[]) and workspace_id = any($1::uuid[]) and merged_into is not null
), stale as materialized (
    select json_object_agg(idea_id, cause_id)::text as needs from stale_ideas
    where workspace_id = any($1::uuid[]) and idea_id = any($3::uuid[])
)
select (select into_others from merged) as merged, (select needs from stale) as stale, r.after as swept,
       r.cause as sweep, coalesce(r.cause_id, m.id) as sweep_id, m.id, m.workspace_id, m.framework, m.revision,
       m.parameters::text as parameters, (
    select json_agg(json_build_object(
        'id', c.id, 'number', c.number, 'input', c.input, 'team_id', c.team_id, 'framework', c.framework,
        'kind', c.kind, 'factor', c.factor, 'n', c.n))::text
    from correction_switches s join corrections c on c.id = s.correction_id and c.workspace_id = s.workspace_id
    where s.workspace_id = m.workspace_id and s.off_at is null
) as corrections
from models m left join rescores r on r.model_id = m.id and r.workspace_id = m.workspace_id
where m.workspace_id = any($1::uuid[]) and m.active and ($2::uuid is null or m.id = $2) order by m.id
"""
# $2: as of when; null: now.
CORRECTIONS = """
select c.id, c.number, c.input, c.team_id, c.framework, c.kind, c.factor, c.n
from correction_switches s join corrections c on c.id = s.correction_id and c.workspace_id = s.workspace_id
where s.workspace_id = $1 and (
    ($2::timestamptz is null and s.off_at is null)
    or (s.on_at <= $2 and (s.off_at is null or s.off_at > $2))
)
order by c.id
"""
# Lateral, here and below: each row is looked up by its whole key, whatever the planner believes of tables that grow
# faster than their statistics. Rows name the idea by its position in what was asked for: two UUIDs less in each.
DEMAND = """
select asked.position, d.*
from unnest($1::text::uuid[], $2::text::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select event_id, version, contacts, accounts, votes, insights from demand
    where idea_id = asked.idea_id and workspace_id = asked.workspace_id limit 1
) as d
"""
# An input that nobody has estimated of the idea itself has the estimates of those that were merged into it: of
# somebody who estimated several of them the latest. Row by row, in the order of their ids: gathered here they would be
# sorted one input at a time, and sent as arrays. The order by input names the index that holds current ones alone.
ESTIMATES = """
with asked as materialized (
    select * from unnest($1::text::uuid[], $2::text::uuid[]) with ordinality as a (workspace_id, idea_id, position)
)
select a.position, e.input, e.id, e.value, e.team_id from asked a cross join lateral (
    select input, id, value, team_id from estimates
    where workspace_id = a.workspace_id and idea_id = a.idea_id and current order by input
) as e
union all
select a.position, m.input, m.id, m.value, m.team_id from (
    select distinct on (i.workspace_id, i.merged_into, e.input, e.estimator)
           i.workspace_id, i.merged_into, e.input, e.id, e.value, e.team_id
    from ideas i cross join lateral (
        select input, estimator, id, value, team_id from estimates
        where workspace_id = i.workspace_id and idea_id = i.idea_id and current order by input
    ) as e
    where i.workspace_id = any($1::text::uuid[]) and i.merged_into = any($2::text::uuid[])
    order by i.workspace_id, i.merged_into, e.input, e.estimator, e.id desc
) as m join asked a on a.workspace_id = m.workspace_id and a.idea_id = m.merged_into
where not exists (
    select from estimates o
    where o.workspace_id = a.workspace_id and o.idea_id = a.idea_id and o.input = m.input and o.current
)
order by id
"""
WEIGHTS = """
select asked.position, w.*
from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (workspace_id, idea_id, position)
cross join lateral (
    select policy_id, revision, state, value, cut, contacts, largest::text as largest, unknown::text as unknown,
           event_id, version
    from weights
    where workspace_id = asked.workspace_id and idea_id = asked.idea_id
      and ($3::uuid[] is null or policy_id = any($3)) offset 0
) as w
"""
POLICY_NAMES = "select id, name from demand_policies where workspace_id = $1 and id = any($2::uuid[])"
MARK = """
insert into stale_ideas (workspace_id, idea_id, cause_id, traceparent)
select s.* from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as s (workspace_id, idea_id, cause_id, trace)
where exists (
    select from models m where m.workspace_id = s.workspace_id and m.active and m.framework = any($5::text[])
)
on conflict (workspace_id, idea_id) do update set cause_id = excluded.cause_id, traceparent = excluded.traceparent
"""
STALE = "select workspace_id, idea_id from stale_ideas order by workspace_id, idea_id limit $1"
UNMARK = """
delete from stale_ideas s using unnest($1::uuid[], $2::uuid[]) as asked (workspace_id, idea_id)
where s.workspace_id = asked.workspace_id and s.idea_id = asked.idea_id
returning s.workspace_id, s.idea_id, s.cause_id, s.traceparent
"""
# Over all of a score `s`, what it rests on included: a change behind the service's back shows. The text is that of
# `jsonb_build_array` of these columns, put together in two thirds of the time.
DIGESTED = """concat('["', s.id, '", "', s.idea_id, '", "', s.model_id, '", ', s.model_version, ', "', s.state, '", ',
    coalesce(s.value::text::numeric::text, 'null'), ', ', s.inputs, ', ', s.missing, ', "', s.cause, '", ',
    coalesce('"' || s.cause_id || '"', 'null'), ', ', s.version, ']')"""
_DIGEST = f"encode(sha256(convert_to({DIGESTED}, 'UTF8')), 'hex')"


def held(key: str) -> str:
    """A score by the whole key that a row of this name holds.

    The range names the index: for a table that is empty the planner takes any for as good as others, and through
    `scores_ranking` would read all of a model's scores for one, once there are some.
    """
    return f"""
    select * from scores
    where workspace_id = {key}.workspace_id and model_id = {key}.model_id
      and idea_id between {key}.idea_id and {key}.idea_id
    order by idea_id limit 1
"""


def _put(which: str) -> str:
    return f"""
    insert into scores (id, workspace_id, model_id, idea_id, model_version, state, value, inputs, missing, cause,
                        cause_id, computed_at, version, digest)
    select id, workspace_id, model_id, idea_id, model_version, state, value, inputs, missing, cause, cause_id,
           computed_at, version, {_DIGEST}
    from settled s where {which}
"""


_EVENT = ", ".join({"score_id": "id as score_id"}.get(name, name) for name in ScoreChanged.model_fields)
# A score moves when its state, value, missing inputs or model version do: its version rises and the cause is kept.
# Where only the inputs' origins differ they are brought up to date, and the last cause stands. The locks are held, so
# what `compared` sees is what is overwritten. The first move of a day keeps what the days before ended with: one row
# for each day on which a score moved, and none for the moves that follow.
#
# What is told as the cause is what changed: under parameters that the score was not by before, the model; and where no
# input moved that the given cause bears on (`bears_on`, by the input's source; empty: any), what has not reached the
# idea until now (`waiting`), if anything has not.
#
# What moved is told here: the scores would come back only to be sent once more. $1: the scores in one text, since an
# array for each column costs twice as much to send, element by element; $2: the time; $3: the inputs, which stay text
# until they are stored; $4: what many of the scores have in common, which each of them names by its place.
#
# A score that is new is inserted as such: looking for the one in its place before costs as much as its index does.
WRITE = f"""
with common as materialized (
    select c.*, m.workspace_id, m.revision as model_version from rows from (
        json_to_recordset($4::json) as (model_id uuid, cause text, cause_id uuid, bears_on text, waiting text,
            waiting_id uuid, traceparent text)
    ) with ordinality as c (model_id, cause, cause_id, bears_on, waiting, waiting_id, traceparent, place)
    join models m on m.id = c.model_id
), given as (
    select r.new_id, r.event_id, r.idea_id, r.value, r.missing, r.unnest::jsonb as inputs, c.*,
           case when r.value is null then 'not_scoreable' else 'scored' end as state
    from rows from (
        json_to_recordset($1::json) as (new_id uuid, event_id uuid, idea_id uuid, value float8, missing jsonb,
            common bigint),
        unnest($3::text[])
    ) as r join common c on c.place = r.common
), compared as (
    select g.*, s.id is null as is_new, s.model_version <> g.model_version as by_another,
           g.bears_on = '' or g.waiting is null or s.id is null or exists (
               select from jsonb_each(g.inputs) as n (name, given) cross join lateral (
                   select s.inputs -> n.name as held
               ) as o
               where g.bears_on in (n.given ->> 'source', o.held ->> 'source')
                 and n.given -> 'value' is distinct from o.held -> 'value'
           ) as told, s.value as previous, coalesce(s.id, g.new_id) as id, coalesce(s.version, 0) as held_version,
           s.cause as held_cause, s.cause_id as held_cause_id, s.computed_at as held_at,
           s.id is null or (s.state, s.value, s.missing, s.model_version)
               is distinct from (g.state, g.value, g.missing, g.model_version) as moved
    from given g left join lateral ({held("g")}) as s on true
    where s.id is null or (s.state, s.value, s.missing, s.model_version, s.inputs)
        is distinct from (g.state, g.value, g.missing, g.model_version, g.inputs)
), kept as (
    insert into score_days (workspace_id, model_id, idea_id, since, until, state, value, missing, model_version,
                            computed_at, version, cause, cause_id)
    select c.workspace_id, c.model_id, c.idea_id, (s.computed_at at time zone 'UTC')::date,
           (now() at time zone 'UTC')::date, s.state, s.value, s.missing, s.model_version, s.computed_at, s.version,
           s.cause, s.cause_id
    from compared c cross join lateral ({held("c")}) as s
    where c.moved and c.held_at < date_trunc('day', now(), 'UTC')
    on conflict do nothing
), settled as (
    select id, workspace_id, model_id, idea_id, model_version, state, value, inputs, missing,
           case when not moved then held_cause when by_another then 'model' when told then cause
                else waiting end as cause,
           case when not moved then held_cause_id when by_another then model_id when told then cause_id
                else waiting_id end as cause_id,
           case when moved then now() else held_at end as computed_at, held_version + moved::int as version,
           moved, previous, event_id, traceparent, is_new
    from compared
), begun as (
    {_put("s.is_new")}
), written as (
    {_put("not s.is_new")}
    on conflict (workspace_id, idea_id, model_id) do update set
        model_version = excluded.model_version, state = excluded.state, value = excluded.value,
        inputs = excluded.inputs, missing = excluded.missing, cause = excluded.cause, cause_id = excluded.cause_id,
        computed_at = excluded.computed_at, version = excluded.version, digest = excluded.digest
), moves as (
    select id, workspace_id, version, event_id, traceparent, '{ScoreChanged.type}' as event_type,
           (select row_to_json(e) from (select {_EVENT}) as e) as event
    from settled where moved
), {telling("moves", "version")}
select count(*) from moves
"""
IDEAS_AFTER = """
select idea_id from (
    (select idea_id from ideas where workspace_id = $1 and idea_id > $2 order by idea_id limit $3)
    union
    (select idea_id from demand where workspace_id = $1 and idea_id > $2 order by idea_id limit $3)
    union
    (select distinct idea_id from estimates where workspace_id = $1 and idea_id > $2
     order by idea_id limit $3)
    union
    (select idea_id from contributions where workspace_id = $1 and idea_id > $2 order by idea_id limit $3)
    union
    (select distinct idea_id from capability_ideas where workspace_id = $1 and idea_id > $2
     order by idea_id limit $3)
    union
    (select distinct idea_id from need_ideas where workspace_id = $1 and idea_id > $2
     order by idea_id limit $3)
) as known order by idea_id limit $3
"""
ALTERED = f"select id from scores s where s.workspace_id = $1 and s.digest <> {_DIGEST} order by s.id limit $2"
STORED = """
select s.* from unnest($2::uuid[]) as asked (idea_id) cross join lateral (
    select model_id, idea_id, model_version, state, value, inputs::text as inputs, missing::text as missing
    from scores where workspace_id = $1 and idea_id = asked.idea_id offset 0
) as s
"""
IDEA = "select idea_id, title, kind, status, archived, merged_into from ideas where workspace_id = $1 and idea_id = $2"
EXPLAIN = f"""
select s.id, s.idea_id, s.model_id, m.name as model_name, m.framework, s.model_version,
       r.parameters::text as parameters, s.state, s.value, s.inputs::text as inputs, s.missing::text as missing,
       s.cause, s.cause_id, s.computed_at, s.version, s.digest, s.digest = {_DIGEST} as intact
from scores s
join models m on m.id = s.model_id and m.workspace_id = s.workspace_id
join model_revisions r on r.model_id = s.model_id and r.revision = s.model_version
where s.workspace_id = $1 and s.idea_id = $2 and m.active order by s.model_id
"""
ESTIMATED = """
select id, idea_id, estimator, discipline, team_id, value, note, round_id, created_at from estimates
where workspace_id = $1 and id = any($2::uuid[]) order by id
"""
