"""Two contacts turn out to be one person: everything follows, and both names go on naming them."""

from uuid import UUID

import asyncpg

from services.feedback.customers import domain as customers
from services.feedback.demand import domain as demand
from services.feedback.demand.domain import Ask, Move
from services.feedback.merging import store
from services.feedback.segments import domain as segments
from services.feedback.surveys import domain as surveys
from shared.database import Tx
from shared.errors import Conflict, FieldError, Invalid
from shared.events.feedback import ContactMerged
from shared.outbox import emit


async def merge(tx: Tx, workspace_id: UUID, contact_id: UUID, duplicate_id: UUID) -> asyncpg.Record:
    """Make `duplicate_id` part of `contact_id`, who keeps what both say differently; the contact as it is then.

    Invalid for ids that are nobody's; Conflict for the same one twice and for who was merged or erased.
    """
    if contact_id == duplicate_id:
        raise Conflict("A contact cannot be merged with itself.", code="same_contact")
    await demand.hold(tx, (), [workspace_id])
    held = {row["id"]: row for row in await tx.all(store.LOCK, workspace_id, [contact_id, duplicate_id])}
    for id, field in ((contact_id, "contact_id"), (duplicate_id, "duplicate_id")):
        if id not in held:
            raise Invalid(errors=[FieldError(f"/body/{field}", "no contact by that id")])
        customers.require_present(held[id])
    kept, duplicate = held[contact_id], held[duplicate_id]
    if kept["account_id"] is None and duplicate["account_id"] is not None:
        await tx.run(store.JOIN_ACCOUNT, workspace_id, contact_id, duplicate["account_id"])
        await demand.carry(tx, [Move(contact_id, None, duplicate["account_id"])])
    said = await _hand_over(tx, workspace_id, duplicate_id, contact_id)
    await tx.run(store.LEAD_ON, workspace_id, duplicate_id, contact_id)
    version = await tx.value(
        store.MERGE, workspace_id, duplicate_id, contact_id, kept["external_id"] is None, kept["email"] is None
    )
    row = await tx.one(
        store.COMPLETE,
        workspace_id,
        contact_id,
        duplicate["external_id"],
        duplicate["email"],
        duplicate["name"],
        duplicate["attributes"],
        duplicate["account_id"],
    )
    assert row is not None  # locked above
    await segments.take_over(tx, workspace_id, duplicate_id, contact_id)
    await surveys.keep(tx, said, said)
    await emit(
        tx, [ContactMerged(workspace_id=workspace_id, contact_id=duplicate_id, into_id=contact_id, version=version)]
    )
    return row


async def _hand_over(tx: Tx, workspace_id: UUID, before: UUID, after: UUID) -> set[tuple[UUID, UUID]]:
    """Everything that hangs on one contact hangs on the other then, and demand is what it would be by counting anew.

    The statements that were moved, by workspace and id: which of their answers are the latest is still to be settled.
    """
    asked = {row["idea_id"] for row in await tx.all(store.IDEAS, workspace_id, before)}
    await demand.lock(tx, asked)
    twice = await tx.all(store.DROP_VOTES, workspace_id, before, after)
    votes = await tx.all(store.MOVE_VOTES, workspace_id, before, after)
    insights = await tx.all(store.MOVE_INSIGHTS, workspace_id, before, after)
    said = await tx.all(store.MOVE_FEEDBACK, workspace_id, before, after)
    await tx.run(store.MOVE_REQUESTERS, workspace_id, before, after)
    await tx.run(store.MOVE_COMMENTS, workspace_id, before, after)
    await tx.run(store.MOVE_MENTIONS, workspace_id, before, after)
    await tx.run(store.MOVE_FOLLOWED, workspace_id, before, after)
    await tx.run(store.MOVE_MEMBERSHIP, workspace_id, before, after)
    await tx.run(store.MOVE_BROUGHT, workspace_id, before, after)
    await tx.run(store.MOVE_SUBMISSIONS, workspace_id, before, after)
    await tx.run(store.MOVE_ENTRIES, workspace_id, before, after)
    await tx.run(store.MOVE_TRUST, workspace_id, before, after)
    spoken = [row["idea_id"] for row in insights if row["idea_id"] is not None]  # not those that speak for needs
    asks = [Ask(workspace_id, row["idea_id"], before, votes=-1, cast_at=row["created_at"]) for row in (*twice, *votes)]
    asks.extend(Ask(workspace_id, row["idea_id"], after, votes=1) for row in votes)
    for contact, one in ((before, -1), (after, 1)):
        asks.extend(Ask(workspace_id, idea_id, contact, insights=one) for idea_id in spoken)
    await demand.count(tx, asks)
    return {(workspace_id, row["id"]) for row in said}
