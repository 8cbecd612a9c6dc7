"""How much an idea is wanted, kept as totals in the transaction of each vote, link and change of revenue.

Every change locks the idea's row first and ends with one snapshot event per idea, so a crowd on one idea costs one
event a batch.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.demand import store
from shared.database import Read, Tx
from shared.errors import NotFound
from shared.events.feedback import DemandChanged
from shared.outbox import emit
from shared.telemetry import traceparent


class Ask(NamedTuple):
    """One contact (or nobody known) asking for an idea once more."""

    workspace_id: UUID
    idea_id: UUID
    contact_id: UUID | None
    votes: int = 0
    insights: int = 0
    traceparent: str = ""


async def begin(tx: Tx, workspace_id: UUID, idea_id: UUID, currency: str) -> None:
    """Nobody asks for this new idea yet."""
    await tx.run(store.OPEN, idea_id, workspace_id, currency)


async def lock(tx: Tx, contact_ids: Sequence[UUID], idea_ids: Sequence[UUID]) -> None:
    """Hold the ideas' demand, and the revenue behind the contacts, until the transaction ends: in one order for all."""
    if contact_ids:
        await tx.all(store.SHARE_ACCOUNTS, contact_ids)
    await tx.all(store.LOCK, idea_ids)


async def add(tx: Tx, asks: Sequence[Ask]) -> None:
    """Count asks that were just stored. The ideas must be locked."""
    if not asks:
        return
    rows = await tx.all(
        store.ADD,
        [ask.workspace_id for ask in asks],
        [ask.idea_id for ask in asks],
        [ask.contact_id for ask in asks],
        [ask.votes for ask in asks],
        [ask.insights for ask in asks],
    )
    traces = {ask.idea_id: ask.traceparent for ask in asks}
    await _publish(tx, rows, traces)


async def recount(tx: Tx, idea_ids: Sequence[UUID]) -> None:
    """Count some ideas anew from votes and insights: after a withdrawal, or when people or accounts have moved."""
    if not idea_ids:
        return
    await tx.all(store.LOCK, idea_ids)
    await tx.run(store.FORGET_CONTACTS, idea_ids)
    await tx.run(store.FORGET_ACCOUNTS, idea_ids)
    await tx.run(store.GATHER_CONTACTS, idea_ids)
    await tx.run(store.GATHER_ACCOUNTS, idea_ids)
    await _publish(tx, await tx.all(store.TOTAL, idea_ids), {})


async def recount_contacts(tx: Tx, contact_ids: Sequence[UUID]) -> None:
    """Count anew what these contacts ask for."""
    await recount(tx, [row["idea_id"] for row in await tx.all(store.IDEAS_OF_CONTACTS, contact_ids)])


async def recount_accounts(tx: Tx, account_ids: Sequence[UUID]) -> None:
    """Count anew what these accounts ask for: only totals can have moved, since nobody came or went."""
    ideas = [row["idea_id"] for row in await tx.all(store.IDEAS_OF_ACCOUNTS, account_ids)]
    if ideas:
        await tx.all(store.LOCK, ideas)
        await _publish(tx, await tx.all(store.TOTAL, ideas), {})


async def explain(read: Read, workspace_id: UUID, idea_id: UUID) -> tuple[asyncpg.Record, list[asyncpg.Record]]:
    """An idea's totals and the accounts behind them, by revenue. NotFound when there is no such idea."""
    totals = await read.one(store.GET, workspace_id, idea_id)
    if totals is None:
        raise NotFound("No idea by that id.")
    return totals, await read.all(store.TOP_ACCOUNTS, workspace_id, idea_id, 20)


async def _publish(tx: Tx, rows: Sequence[asyncpg.Record], traces: dict[UUID, str]) -> None:
    await emit(
        tx,
        [DemandChanged(**row) for row in rows],
        [traces.get(row["idea_id"]) or traceparent.get() for row in rows],
    )
