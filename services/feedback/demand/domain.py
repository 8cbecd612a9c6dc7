"""How much an idea is wanted, kept as totals in the transaction of each vote, link, move and change of revenue.

Whoever counts shares the workspace's lock and holds the ideas' rows; whoever changes what is counted by holds the lock
alone. Each change ends with one snapshot event per idea, so a crowd on one idea costs one event a batch.

What is asked of a merged idea counts for the one that it was merged into (`ideas.root`), and there a contact's votes
count once. Votes and insights keep the idea that they named, so that unmerging finds what belongs where.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.demand import store
from shared.database import Busy, Read, Tx
from shared.errors import NotFound
from shared.events.feedback import DemandChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.telemetry import traceparent

EVENTS_AT_ONCE = 2_000


class Ask(NamedTuple):
    """One contact (or nobody known) asks for an idea once more, or, with negative numbers, no longer."""

    workspace_id: UUID
    idea_id: UUID
    contact_id: UUID | None
    votes: int = 0
    insights: int = 0
    traceparent: str = ""
    feedback_id: UUID | None = None
    """What the insight links. Without it, a statement that is linked to two merged ideas counts twice."""
    cast_at: datetime | None = None
    """When the vote was cast that is withdrawn."""


class Move(NamedTuple):
    """A contact leaves one account for another."""

    contact_id: UUID
    before: UUID | None
    after: UUID


async def begin(tx: Tx, workspace_id: UUID, idea_id: UUID, currency: str) -> None:
    """Nobody asks for this new idea yet."""
    await tx.run(store.OPEN, idea_id, workspace_id, currency)


async def begin_many(tx: Tx, workspace_id: UUID, idea_ids: Sequence[UUID], currency: str) -> None:
    """Nobody asks for these new ideas yet."""
    await tx.run(store.OPEN_MANY, idea_ids, workspace_id, currency)


async def hold(tx: Tx, shared: Collection[UUID], alone: Collection[UUID] = ()) -> None:
    """Take the workspaces' locks until the transaction ends, before it locks or writes anything else.

    `shared` by whoever goes on to `count`; `alone` by whoever moves contacts or changes revenue. Busy where the
    transaction is not patient and would have to wait.
    """
    workspaces = sorted({*shared, *alone})
    if not workspaces:
        return
    given = workspaces, [workspace in alone for workspace in workspaces]
    if tx.patient:
        await tx.all(store.HOLD, *given)
    elif rows := await tx.all(store.TRY_HOLD, *given):
        raise Busy(frozenset(row["workspace_id"] for row in rows))


async def lock(tx: Tx, idea_ids: Collection[UUID]) -> None:
    """Hold the ideas' totals until the transaction ends."""
    await tx.all(store.LOCK, idea_ids)


async def count(tx: Tx, asks: Sequence[Ask]) -> None:
    """Count asks that were just stored or withdrawn. The workspaces must be held, the ideas locked."""
    if not asks:
        return
    trace = traceparent.get()
    await tx.run(
        store.COUNT,
        [ask.workspace_id for ask in asks],
        datetime.now(UTC),
        [ask.idea_id for ask in asks],
        [ask.contact_id for ask in asks],
        [ask.votes for ask in asks],
        [ask.insights for ask in asks],
        [ask.feedback_id for ask in asks],
        [ask.cast_at for ask in asks],
        [ask.traceparent or trace for ask in asks],
        [new_id() for _ in asks],
    )
    tx.emitted = True


async def unite(
    tx: Tx, workspace_id: UUID, idea_id: UUID, tree: Collection[UUID], others: Collection[UUID], step: Literal[1, -1]
) -> None:
    """Let all that is asked of the ideas in `tree` count for an idea, or no longer. The workspace is held alone.

    `others` are those that count there besides: who asks for one of them too is there already, or stays.
    """
    await _publish(tx, await tx.all(store.UNITE, idea_id, workspace_id, list(tree), list(others), step))


async def carry(tx: Tx, moves: Sequence[Move]) -> None:
    """Take what contacts ask for along to the accounts that they were just moved to. The workspaces are held alone."""
    columns = [each.contact_id for each in moves], [each.before for each in moves], [each.after for each in moves]
    await _publish(tx, await tx.all(store.CARRY, *columns))


async def shift(tx: Tx, revenue: Mapping[UUID, int]) -> None:
    """Follow accounts' revenue, by how much it just changed. The workspaces are held alone."""
    if revenue:
        rows = await tx.all(store.SHIFT, list(revenue), list(revenue.values()))
        await rank(tx, [row["idea_id"] for row in rows])
        await _publish(tx, rows)


async def explain(read: Read, workspace_id: UUID, idea_id: UUID) -> tuple[asyncpg.Record, list[asyncpg.Record]]:
    """An idea's totals and the accounts behind them, by revenue. NotFound when there is no such idea."""
    totals = await read.one(store.GET, workspace_id, idea_id)
    if totals is None:
        raise NotFound("No idea by that id.")
    return totals, await read.all(store.TOP_ACCOUNTS, workspace_id, idea_id, 20)


async def counts(read: Read, workspace_id: UUID, idea_ids: Collection[UUID]) -> dict[UUID, asyncpg.Record]:
    """What counts for ideas now."""
    return {row["idea_id"]: row for row in await read.all(store.TOTALS, workspace_id, idea_ids)}


async def rank(tx: Tx, idea_ids: Collection[UUID]) -> None:
    """Put ideas where their demand is among others. Whoever marks shares leaves it to the job that reads those."""
    if idea_ids:
        await tx.run(store.RANK, idea_ids)


async def warm(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID]) -> None:
    """Count anew from the votes what is asked for lately (`trend`): for totals that came in by no door."""
    await tx.run(store.WARM, workspace_id, idea_ids)


async def remark(tx: Tx, workspace_id: UUID, idea_id: UUID) -> None:
    """An idea is of another product now: have those who ask for it counted there by the job that keeps groups."""
    await tx.run(store.REMARK, workspace_id, idea_id)


async def _publish(tx: Tx, rows: Sequence[asyncpg.Record]) -> None:
    for start in range(0, len(rows), EVENTS_AT_ONCE):
        await emit(tx, [DemandChanged(**row) for row in rows[start : start + EVENTS_AT_ONCE]])
