"""Rescorings as rows: what is not done lies with its model or policy, one row for each; what has ended lies apart."""

from collections.abc import Mapping
from typing import Literal

Of = Literal["model", "policy"]
"""What has changed and has not reached every idea yet."""
KEPT_DAYS = 30
"""How long one that has ended can be asked for."""
_SUPERSEDED = "'superseded'"
_WORK: Mapping[Of, tuple[str, str]] = {"model": ("rescores", "model_id"), "policy": ("weighings", "policy_id")}
_COUNT: Mapping[Of, str] = {
    "model": "(select count(*) from ideas i where i.workspace_id = {})",
    "policy": "(select count(*) from demand d where d.workspace_id = {})",
}


def _ended(of: Of, rows: str, state: str, *, figures: str = "total, done, seconds", reason: str = "null::text") -> str:
    """Keep what was under way as ended. What ends at this very moment, as its worker says, stays as it did."""
    key = _WORK[of][1]
    by = "$3::uuid" if state == _SUPERSEDED else "null::uuid"
    return f"""
    insert into rescorings (id, workspace_id, {key}, cause, cause_id, asked_at, started_at, total, done, seconds, state,
                            reason, superseded_by, expires_at)
    select id, workspace_id, {key}, cause, coalesce(cause_id, {key}), asked_at, started_at, {figures}, {state},
           {reason}, {by}, now() + interval '{KEPT_DAYS} days'
    from {rows} as ended on conflict (id) do nothing
"""


def _ask(of: Of) -> str:
    table, key = _WORK[of]
    return f"""
with superseded as (
    {_ended(of, f"(select * from {table} where workspace_id = $1 and {key} = $2)", _SUPERSEDED)}
)
insert into {table} (workspace_id, {key}, id, after, done, seconds, cause, cause_id, traceparent)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict ({key}) do update set
    id = excluded.id, state = 'waiting', after = excluded.after, done = excluded.done, seconds = excluded.seconds,
    total = null, cause = excluded.cause, cause_id = excluded.cause_id, traceparent = excluded.traceparent,
    reason = null, starts = 0, started_at = null, asked_at = now(), due_at = now()
"""


def _drop(of: Of) -> str:
    table, key = _WORK[of]
    return f"""
with gone as (delete from {table} where workspace_id = $1 and {key} = $2 returning *)
{_ended(of, "gone", "$3::text", reason="$4::text")}
"""


# From where it was read only: whoever is not there any more has nothing to say. $5, $6: ideas and seconds of the step.
_HERE = "workspace_id = $1 and {key} = $2 and after = $3 and asked_at = $4"


def _finish(of: Of) -> str:
    table, key = _WORK[of]
    return f"""
with gone as (delete from {table} where {_HERE.format(key=key)} returning *),
expired as (delete from rescorings where workspace_id = $1 and expires_at < now())
{_ended(of, "gone", "'finished'", figures="done + $5, done + $5, seconds + $6")}
"""


# How many there are is counted once; for a policy here, since its step is one transaction, which locks ideas first.
def _move(of: Of) -> str:
    table, key = _WORK[of]
    total = "total" if of == "model" else f"coalesce(total, {_COUNT[of].format('$1')})"
    return f"""
update {table} set total = {total}, after = $7, done = done + $5, seconds = seconds + $6, starts = 0,
    due_at = now(), state = case when state = 'waiting' then 'running' else state end,
    started_at = coalesce(started_at, now())
where {_HERE.format(key=key)}
"""


ASK = {of: _ask(of) for of in _WORK}
DROP = {of: _drop(of) for of in _WORK}
FINISH = {of: _finish(of) for of in _WORK}
MOVE = {of: _move(of) for of in _WORK}
CANCEL: Mapping[Of, str] = {
    of: f"""
update {table} set state = 'cancelled', total = coalesce(total, {_COUNT[of].format("$1")})
where workspace_id = $1 and id = $2 and state in ('waiting', 'running') returning id
"""
    for of, (table, _) in _WORK.items()
}
RESUME: Mapping[Of, str] = {
    of: f"""
update {table} set state = 'waiting', reason = null, starts = 0, due_at = now()
where workspace_id = $1 and id = $2 and state in ('cancelled', 'failed') returning id
"""
    for of, (table, _) in _WORK.items()
}

# The lease keeps workers apart: that of one who dies lapses. How many ideas there are is counted at the first claim.
CLAIM = f"""
update rescores r set state = 'running', starts = starts + 1, due_at = now() + make_interval(secs => $1),
    started_at = coalesce(started_at, now()),
    total = coalesce(total, {_COUNT["model"].format("r.workspace_id")})
where model_id = (
    select model_id from rescores where state in ('waiting', 'running') and due_at <= now()
    order by due_at limit 1 for update skip locked
)
returning id, workspace_id, model_id, after, asked_at, cause, cause_id, traceparent, starts
"""
LEAVE = "update rescores set due_at = now(), starts = starts - 1 where workspace_id = $1 and id = $2 and after = $3"
FAIL = "update rescores set state = 'failed', reason = $3 where workspace_id = $1 and id = $2"
WANTED = "select 1 from rescores where workspace_id = $1 and model_id = $2 and id = $3 and state = 'running'"
# Any of them: chance keeps workers apart.
PICK_POLICY = """
select workspace_id, policy_id, after, cause, asked_at, traceparent from weighings
where state in ('waiting', 'running') order by random() limit 1
"""


def _under_way(of: Of) -> str:
    table, key = _WORK[of]
    ids = "model_id, null::uuid as policy_id" if of == "model" else "null::uuid, policy_id"
    return f"""
select id, {ids}, state, cause, coalesce(cause_id, {key}) as cause_id, reason, total, done, seconds, asked_at,
       started_at, null::timestamptz as finished_at, null::uuid as superseded_by, null::timestamptz as expires_at
from {table} where workspace_id = $1
"""


_ALL = f"""({_under_way("model")} union all {_under_way("policy")} union all
select id, model_id, policy_id, state, cause, cause_id, reason, total, done, seconds, asked_at, started_at, finished_at,
       superseded_by, expires_at
from rescorings where workspace_id = $1) as r"""
GET = f"select * from {_ALL} where id = $2"
LIST = f"""
select * from {_ALL}
where id < $2 and ($3::uuid is null or model_id = $3) and ($4::uuid is null or policy_id = $4)
  and ($5::text is null or state = $5)
order by id desc limit $6
"""
