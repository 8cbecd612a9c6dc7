"""Weighs ideas whose accounts have changed, under every policy of their workspace, and scores them anew.

An idea is weighed once, however many events told of it meanwhile. Whoever marks an idea and whoever weighs it meet at
the row of the mark, which is taken before the accounts are read: no change is lost between them.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.scoring.policies import evidence, store
from services.scoring.policies.domain import age, month_now
from services.scoring.policies.evidence import Evidence, Result
from services.scoring.policies.parameters import PolicyParameters
from services.scoring.rescorings import domain as rescorings
from services.scoring.rescorings.domain import At, Reached
from services.scoring.scores.computed import Cause, Subject
from services.scoring.scores.domain import CHUNK, lock_ideas, lock_workspace, rescore
from shared.database import RETRYABLE, Database, Read, Tx
from shared.paging import FIRST
from shared.runtime import Runtime

ACCOUNTS_AT_ONCE = 50_000
"""Contacts, as the demand counts them, of the ideas that are weighed in one transaction; one idea may have more."""
SWEEP_SECONDS = 0.5


async def run(runtime: Runtime) -> None:
    """The job: weigh until cancelled."""
    signal = asyncio.Event()
    runtime.signals[rescorings.JOBS["policy"]] = signal.set

    async def step(limit: int) -> bool:
        return await weigh_some(runtime.database, limit)

    await runtime.leisure.work(SWEEP_SECONDS, step, CHUNK, runtime.lookout.rest(store.WORK), signal)


async def weigh_some(database: Database, limit: int = CHUNK) -> bool:
    """Let months pass, weigh some ideas that have changed, and some under a policy that has; whether any were.

    `limit`: ideas in a transaction.
    """
    more = False
    for work in (age_one, weigh_changed, weigh_policy):
        try:
            async with database.system() as tx:
                more |= await work(tx, limit)
        except RETRYABLE:
            more = True
    return more


async def age_one(tx: Tx, _limit: int) -> bool:
    """Have one policy whose weights are of an earlier month weighed to this one."""
    now = month_now()
    aged = await tx.one(store.AGED, now)
    if aged is None:
        return False
    await lock_workspace(tx, aged["workspace_id"])
    if await tx.run(store.AGE, aged["workspace_id"], aged["id"], now):
        await age(tx, aged["workspace_id"], aged["id"], Cause("time", aged["id"], ""))
    return True


async def weigh_changed(tx: Tx, limit: int) -> bool:
    """Weigh the ideas that have waited longest, all of one workspace, under each of its policies."""
    oldest = await tx.all(store.OLDEST, limit)
    if not oldest:
        return False
    workspace_id = oldest[0]["workspace_id"]
    ideas = _portion(row for row in oldest if row["workspace_id"] == workspace_id)
    await lock_ideas(tx, [(workspace_id, idea_id) for idea_id in ideas])
    # Before anything of them is read.
    taken = await tx.all(store.TAKE, workspace_id, ideas)
    causes = {(workspace_id, row["idea_id"]): Cause("demand", row["event_id"], row["traceparent"]) for row in taken}
    policies = await tx.all(store.ALL, workspace_id)
    await _weigh(tx, workspace_id, sorted(idea_id for _, idea_id in causes), policies, causes)
    return True


async def weigh_policy(tx: Tx, limit: int) -> bool:
    """Weigh the next ideas under a policy that has changed.

    The position moves only from where it was read, so two workers at one policy waste work and do no harm.
    """
    asked = await rescorings.pick_policy(tx)
    if asked is None:
        return False
    began = time.monotonic()
    workspace_id, policy_id, after = asked["workspace_id"], asked["policy_id"], asked["after"]
    rows = await tx.all(store.IDEAS_AFTER, workspace_id, after, limit)
    ideas = _portion(rows)
    await lock_ideas(tx, [(workspace_id, idea_id) for idea_id in ideas])
    policy = await tx.one(store.GET, workspace_id, policy_id)
    if policy is not None and ideas:
        causes = {(workspace_id, idea): Cause(asked["cause"], policy_id, asked["traceparent"]) for idea in ideas}
        await _weigh(tx, workspace_id, ideas, [policy], causes)
    last = policy is None or (len(ideas) == len(rows) and len(rows) < limit)
    reached = Reached(after if last else ideas[-1], len(ideas), time.monotonic() - began)
    await rescorings.advance(tx, "policy", At(workspace_id, policy_id, after, asked["asked_at"]), reached, last=last)
    return True


def _portion(rows: Iterable[asyncpg.Record]) -> list[UUID]:
    """As many of the ideas, from the first, as can be looked at in one transaction."""
    found: list[UUID] = []
    size = 0
    for row in rows:
        size += row["size"]
        if found and size > ACCOUNTS_AT_ONCE:
            break
        found.append(row["idea_id"])
    return found


async def _weigh(
    tx: Tx,
    workspace_id: UUID,
    ideas: Sequence[UUID],
    policies: Sequence[asyncpg.Record],
    causes: Mapping[Subject, Cause],
) -> None:
    """Weigh ideas, locked by the caller, and score those whose weight has moved."""
    if not ideas or not policies:
        return
    known = evidence.gather(await tx.all(store.SHARES, workspace_id, ideas))
    # Beside the loop: of an idea that everybody wants there is much to look at.
    weighed = await asyncio.to_thread(_results, known, policies)
    if not weighed:
        return
    rows = await tx.all(
        store.WRITE,
        workspace_id,
        [policy["id"] for policy, _ in weighed],
        [each.idea_id for _, each in weighed],
        [policy["revision"] for policy, _ in weighed],
        [policy["month"] for policy, _ in weighed],
        [each.state for _, each in weighed],
        [each.value for _, each in weighed],
        [each.cut for _, each in weighed],
        [each.accounts for _, each in weighed],
        [each.contacts for _, each in weighed],
        [to_json(each.largest).decode() for _, each in weighed],
        [to_json(each.unknown).decode() for _, each in weighed],
        [each.event_id for _, each in weighed],
    )
    if not rows:
        return
    moved = {(workspace_id, row["idea_id"]) for row in rows}
    for model in await tx.all(store.MODELS, workspace_id, list({row["policy_id"] for row in rows})):
        await rescore(tx, {subject: cause for subject, cause in causes.items() if subject in moved}, model["id"])


def _results(known: Evidence, policies: Sequence[asyncpg.Record]) -> list[tuple[asyncpg.Record, Result]]:
    return [
        (policy, each)
        for policy in policies
        for each in evidence.results(known, PolicyParameters.model_validate_json(policy["parameters"]), policy["month"])
    ]


async def differences(read: Read, workspace_id: UUID) -> list[tuple[UUID, UUID]]:
    """Policies and ideas whose stored weight is not what the shares give. While ideas are weighed, those are listed."""
    policies = await read.all(store.ALL, workspace_id)
    wrong: list[tuple[UUID, UUID]] = []
    after = FIRST
    while policies:
        ideas = [row["idea_id"] for row in await read.all(store.IDEAS_AFTER, workspace_id, after, CHUNK)]
        if not ideas:
            break
        after = ideas[-1]
        known = evidence.gather(await read.all(store.SHARES, workspace_id, ideas))
        computed = {
            (policy["id"], each.idea_id): _row(policy["revision"], policy["month"], each)
            for policy, each in _results(known, policies)
        }
        stored = {
            (row["policy_id"], row["idea_id"]): {
                **row,
                "largest": from_json(row["largest"]),
                "unknown": from_json(row["unknown"]),
            }
            for row in await read.all(store.STORED, workspace_id, ideas)
        }
        wrong += [
            key
            for key in sorted(computed.keys() | stored.keys())
            if {name: value for name, value in stored.get(key, {}).items() if name not in {"policy_id", "idea_id"}}
            != computed.get(key)
        ]
    return wrong


def _row(revision: int, month: int | None, result: Result) -> dict[str, Any]:
    return {
        "revision": revision,
        "month": month,
        "state": result.state,
        "value": result.value,
        "cut": result.cut,
        "accounts": result.accounts,
        "contacts": result.contacts,
        "largest": result.largest,
        "unknown": result.unknown,
        "event_id": result.event_id,
    }
