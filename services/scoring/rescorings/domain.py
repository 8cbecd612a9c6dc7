"""Rescorings: a change that all ideas are held against reaches them by a job, which can be followed and stopped.

There is one for a model, and one for a demand policy, at most. Another change meanwhile supersedes it: the ideas that
it has reached are behind the newer change as well, so the new one begins with the first idea, and what the old one has
not reached the new one does. The same becomes of one that was cancelled: what it left is brought up to date by the next
change, if nobody resumes it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.scoring.rescorings import store
from services.scoring.rescorings.store import Of
from services.scoring.scores.computed import Cause
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.ids import new_id

JOBS: Mapping[Of, str] = {"model": "rescore", "policy": "weigh"}
"""Who does them. Whatever asks for one wakes its job with the commit."""
LEASE_SECONDS = 10.0
"""How long a rescoring stands still whose worker was killed. A step takes about one second."""
MOST_STARTS = 5


class Reached(NamedTuple):
    """How far something came at once: up to which idea, with how many, in how many seconds."""

    after: UUID
    ideas: int = 0
    seconds: float = 0.0


async def ask(tx: Tx, workspace_id: UUID, of: Of, id: UUID, reached: Reached, cause: Cause) -> UUID:
    """Have the job go on from where it was reached, in place of what is under way; the workspace is locked."""
    asked = new_id()
    told = cause.kind, cause.id, cause.traceparent
    await tx.run(store.ASK[of], workspace_id, id, asked, *reached, *told)
    tx.wake(JOBS[of])
    return asked


async def drop(
    tx: Tx, workspace_id: UUID, of: Of, id: UUID, state: Literal["cancelled", "superseded"], reason: str
) -> None:
    """Nothing is left to be done of what is under way, for this reason; the workspace is locked."""
    await tx.run(store.DROP[of], workspace_id, id, state, reason)


class At(NamedTuple):
    """Where a worker found a rescoring: what it says counts as long as it is there."""

    workspace_id: UUID
    id: UUID
    """Of the model or policy."""
    after: UUID
    asked_at: datetime


async def advance(tx: Tx, of: Of, at: At, reached: Reached, *, last: bool) -> None:
    """Tell how far a step came; `last`: there are no more ideas. One that was cancelled meanwhile stays so."""
    if last:
        await tx.run(store.FINISH[of], *at, *reached[1:])
    else:
        await tx.run(store.MOVE[of], *at, *reached[1:], reached.after)


async def claim(tx: Tx) -> asyncpg.Record | None:
    """Take up the rescoring by a model that has waited longest; None when none waits."""
    row = await tx.one(store.CLAIM, LEASE_SECONDS)
    if row is not None and row["starts"] > MOST_STARTS:
        reason = f"It was begun {MOST_STARTS} times behind the idea {row['after']} and never came further."
        await tx.run(store.FAIL, row["workspace_id"], row["id"], reason)
        return await claim(tx)
    return row


async def leave(tx: Tx, row: asyncpg.Record) -> None:
    """Let another worker have what was claimed: nothing of it was done, and not for its own fault."""
    await tx.run(store.LEAVE, row["workspace_id"], row["id"], row["after"])


async def wanted(read: Read, row: asyncpg.Record) -> bool:
    """Whether what was claimed is still to be done: nobody has cancelled it, and no newer change came."""
    return await read.value(store.WANTED, row["workspace_id"], row["model_id"], row["id"]) is not None


async def pick_policy(tx: Tx) -> asyncpg.Record | None:
    """A policy whose change has not reached every idea; None where there is none."""
    return await tx.one(store.PICK_POLICY)


async def get(read: Read, workspace_id: UUID, id: UUID) -> asyncpg.Record:
    """A rescoring, or NotFound."""
    row = await read.one(store.GET, workspace_id, id)
    if row is None:
        raise NotFound("No rescoring by that id.")
    return row


async def cancel(tx: Tx, workspace_id: UUID, id: UUID) -> asyncpg.Record:
    """Stop a rescoring after the chunk in hand. NotFound; Conflict when it has ended, or was cancelled, already."""
    for of in JOBS:
        if await tx.value(store.CANCEL[of], workspace_id, id) is not None:
            return await get(tx, workspace_id, id)
    ended = await get(tx, workspace_id, id)
    raise Conflict(f"The rescoring is {ended['state']}.", code="has_ended")


async def resume(tx: Tx, workspace_id: UUID, id: UUID) -> asyncpg.Record:
    """Go on with one that was cancelled or failed, from where it was. NotFound; Conflict when it cannot be."""
    for of, job in JOBS.items():
        if await tx.value(store.RESUME[of], workspace_id, id) is not None:
            tx.wake(job)
            return await get(tx, workspace_id, id)
    row = await get(tx, workspace_id, id)
    why = f"The rescoring is {row['state']}: nothing of it is left to be done."
    if row["state"] == "superseded":
        why = f"A newer change does what it had left: the rescoring {row['superseded_by']}."
    raise Conflict(why, code="has_ended")
