"""Demand policies: saved and versioned, and noted what has to be weighed anew.

All policies of a workspace are kept weighed for all of its ideas: to look at several side by side costs no more than to
read them, and a model may take any of them as its demand.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from services.scoring.policies import store
from services.scoring.policies.parameters import PolicyParameters
from services.scoring.rescorings import domain as rescorings
from services.scoring.rescorings.domain import Reached
from services.scoring.scores.computed import Cause
from services.scoring.scores.domain import lock_workspace
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.base import Delivered
from shared.events.feedback import AccountChanged, ShareChanged
from shared.ids import new_id
from shared.paging import FIRST
from shared.routes import require_version
from shared.telemetry import traceparent

MOST = 10
"""Policies of a workspace: each is one more weight to keep for every idea."""


def month_now() -> int:
    """The month that ages are counted to, from year 0."""
    now = datetime.now(UTC)
    return now.year * 12 + now.month - 1


def _month(parameters: PolicyParameters) -> int | None:
    return None if parameters.half_life_months is None else month_now()


async def get(read: Read, workspace_id: UUID, policy_id: UUID) -> asyncpg.Record:
    """A policy, or NotFound."""
    row = await read.one(store.GET, workspace_id, policy_id)
    if row is None:
        raise NotFound("No demand policy by that id.")
    return row


async def create(tx: Tx, workspace_id: UUID, name: str, parameters: PolicyParameters) -> asyncpg.Record:
    """Add a policy; a job weighs every idea by it. Conflict over its name or too many, Invalid for its segments."""
    await lock_workspace(tx, workspace_id)
    if await tx.value(store.COUNT, workspace_id) >= MOST:
        raise Conflict(f"There are {MOST} demand policies; delete one first.", code="too_many_policies")
    await _require_segments(tx, workspace_id, parameters)
    policy_id = new_id()
    written = parameters.model_dump_json()
    if await tx.one(store.ADD, workspace_id, policy_id, name, written, _month(parameters)) is None:
        raise _taken(name)
    await tx.run(store.REVISE, workspace_id, policy_id, 1, written)
    await weigh_anew(tx, workspace_id, policy_id)
    return await get(tx, workspace_id, policy_id)


async def update(
    tx: Tx,
    workspace_id: UUID,
    policy_id: UUID,
    expected: int | None,
    *,
    name: str | None,
    parameters: PolicyParameters | None,
) -> asyncpg.Record:
    """Change a policy; None leaves a field as it is. NotFound, PreconditionFailed, Conflict over its name."""
    await lock_workspace(tx, workspace_id)
    old = await get(tx, workspace_id, policy_id)
    require_version(expected, old["version"])
    held = PolicyParameters.model_validate_json(old["parameters"])
    wanted = parameters or held
    if (name or old["name"], wanted) == (old["name"], held):
        return old
    if name is not None and await tx.value(store.NAME_TAKEN, workspace_id, name, policy_id):
        raise _taken(name)
    revision, month = old["revision"], old["month"]
    written = wanted.model_dump_json()
    if wanted != held:
        await _require_segments(tx, workspace_id, wanted)
        revision, month = revision + 1, _month(wanted)
        await tx.run(store.REVISE, workspace_id, policy_id, revision, written)
        await weigh_anew(tx, workspace_id, policy_id)
    await tx.run(store.UPDATE, workspace_id, policy_id, name or old["name"], written, month, revision)
    return await get(tx, workspace_id, policy_id)


async def delete(tx: Tx, workspace_id: UUID, policy_id: UUID) -> None:
    """Take a policy away with all weights. NotFound; Conflict while a model names it."""
    await lock_workspace(tx, workspace_id)
    model = await tx.value(store.USED_BY, workspace_id, policy_id)
    if model is not None:
        raise Conflict(f"The model {model!r} weighs demand by it.", code="policy_in_use")
    await rescorings.drop(tx, workspace_id, "policy", policy_id, "cancelled", "The policy was deleted.")
    if not await tx.value(store.DELETE, workspace_id, policy_id):
        raise NotFound("No demand policy by that id.")


async def require(read: Read, workspace_id: UUID, policies: Collection[UUID], pointer: str) -> None:
    """Invalid unless there are all these policies. Whoever stores their ids holds the workspace."""
    known = (
        {row["id"] for row in await read.all(store.NAMED, workspace_id, list(policies))} if policies else set[UUID]()
    )
    if lost := sorted(set(policies) - known):
        raise Invalid(errors=[FieldError(pointer, f"policy_id: there is no demand policy {each}") for each in lost])


async def several(read: Read, workspace_id: UUID, policies: Sequence[UUID]) -> list[asyncpg.Record]:
    """These policies in the order asked for. Invalid when one is named twice, NotFound when there is none."""
    if len(set(policies)) < len(policies):
        raise Invalid(errors=[FieldError("/query/policy_id", "names a policy twice")])
    rows = await read.all(store.NAMED, workspace_id, policies)
    if len(rows) < len(policies):
        raise NotFound("No demand policy by that id.")
    return rows


async def _require_segments(read: Read, workspace_id: UUID, parameters: PolicyParameters) -> None:
    named = [each.segment_id for each in parameters.segments]
    if not named:
        return
    known = {row["segment_id"] for row in await read.all(store.KNOWN_SEGMENTS, workspace_id, named)}
    wrong = [
        FieldError(
            f"/body/parameters/segments/{place}/segment_id",
            "there is no such segment, or scoring has not heard of it yet",
        )
        for place, each in enumerate(named)
        if each not in known
    ]
    if wrong:
        raise Invalid(errors=wrong)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a demand policy with the name {name!r} already.", code="name_taken")


async def weigh_anew(tx: Tx, workspace_id: UUID, policy_id: UUID) -> None:
    """Have every idea weighed by this policy, from the first."""
    await age(tx, workspace_id, policy_id, Cause("policy", policy_id, traceparent.get()))


async def age(tx: Tx, workspace_id: UUID, policy_id: UUID, cause: Cause) -> None:
    """The same, for a cause."""
    await rescorings.ask(tx, workspace_id, "policy", policy_id, Reached(FIRST), cause)


async def mark_unweighed(
    tx: Tx, shares: Sequence[Delivered[ShareChanged]], accounts: Sequence[Delivered[AccountChanged]]
) -> None:
    """Note which ideas have to be weighed anew, by events that were just projected. The ideas are locked."""
    if not shares and not accounts:
        return
    await tx.run(
        store.MARK,
        [each.event.workspace_id for each in shares],
        [each.event.idea_id for each in shares],
        [each.id for each in shares],
        [each.traceparent for each in shares],
        [each.event.workspace_id for each in accounts],
        [each.event.account_id for each in accounts],
        [each.id for each in accounts],
        [each.traceparent for each in accounts],
    )
