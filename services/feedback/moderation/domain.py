"""What moderators decide, and what contacts earn by it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.feedback.boards import domain as boards
from services.feedback.comments import domain as comments
from services.feedback.demand import domain as demand
from services.feedback.moderation import store
from services.feedback.trust import domain as trust
from services.feedback.trust.levels import State
from shared.access.keys import Caller
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid, NotFound


async def decide(
    tx: Tx, caller: Caller, entry_ids: Sequence[UUID], state: State, reason: str | None
) -> list[asyncpg.Record]:
    """Show these to whom they are for, or refuse them; all or none, in the order asked. An earlier decision is undone.

    Invalid, naming those that are no entries.
    """
    # Before anything else is locked, as whoever counts demand must: an approved idea comes with a vote.
    await demand.hold(tx, [caller.workspace_id])
    held = {row["id"]: row for row in await tx.all(store.LOCK, caller.workspace_id, entry_ids)}
    unknown = [position for position, id in enumerate(entry_ids) if id not in held]
    if unknown:
        raise Invalid(errors=[FieldError(f"/body/entry_ids/{position}", "no entry by that id") for position in unknown])
    changed = [row for row in held.values() if row["state"] != state]
    if changed:
        await boards.decide(tx, caller, _subjects(changed, "submission", state))
        await comments.decide(tx, caller.workspace_id, _subjects(changed, "comment", state))
        ids = [row["id"] for row in changed]
        await tx.run(store.DECIDE, caller.workspace_id, ids, state, caller.actor)
        await trust.note(tx, caller.workspace_id, ids, state, caller.actor, reason)
        await trust.learn(tx, caller.workspace_id, _earned(changed, state))
    shown = {row["id"]: row for row in await tx.all(store.THESE, caller.workspace_id, list(held))}
    return [shown[id] for id in dict.fromkeys(entry_ids)]


def _subjects(changed: Sequence[asyncpg.Record], kind: str, state: State) -> dict[UUID, State]:
    return {row["subject_id"]: state for row in changed if row["kind"] == kind}


def _earned(changed: Sequence[asyncpg.Record], state: State) -> dict[UUID, tuple[int, int]]:
    """Approvals and refusals by contact. A moderator who changes an earlier decision takes that one back."""
    steps: dict[UUID, tuple[int, int]] = {}
    for row in changed:
        approved, refused = steps.get(row["contact_id"], (0, 0))
        approved += state == "shown"
        refused += state in {"rejected", "spam"}
        if (row["decided_by"] or "").startswith("key:"):
            approved -= row["state"] == "shown"
            refused -= row["state"] in {"rejected", "spam"}
        steps[row["contact_id"]] = approved, refused
    return steps


async def history(read: Read, workspace_id: UUID, entry_id: UUID, after: UUID, limit: int) -> list[asyncpg.Record]:
    """All that was decided of an entry, in order. NotFound when there is none."""
    if await read.one(store.GET, workspace_id, entry_id) is None:
        raise NotFound("No entry by that id.")
    return await read.all(store.HISTORY, workspace_id, entry_id, after, limit)
