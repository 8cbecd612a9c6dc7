"""Items: planned from ideas, edited, moved along. Each change is locked, numbered, noted and told to the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.roadmap.ideas import domain as ideas
from services.roadmap.items import store
from shared.access.keys import Caller
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.roadmap import ItemChanged, ItemStatus
from shared.ids import new_id
from shared.outbox import emit
from shared.routes import require_version

NEXT: Mapping[ItemStatus, Sequence[ItemStatus]] = {
    "considering": ("planned", "cancelled"),
    "planned": ("in_progress", "cancelled"),
    "in_progress": ("shipped", "planned", "cancelled"),
    "shipped": ("planned",),
    "cancelled": ("planned",),
}
"""Where an item may go from each status. `planned` is also how one is reopened."""
MOST_HISTORY = 100


@dataclass(frozen=True, slots=True)
class Detail:
    """An item with what it rests on and what became of it."""

    item: asyncpg.Record
    evidence: Sequence[tuple[asyncpg.Record, Sequence[asyncpg.Record]]] = field(repr=False)
    history: Sequence[asyncpg.Record] = field(repr=False)


async def create(
    tx: Tx,
    caller: Caller,
    *,
    title: str | None,
    summary: str,
    idea_ids: Sequence[UUID],
    status: ItemStatus,
    target: date | None,
) -> asyncpg.Record:
    """Place ideas on the roadmap. Without a title the item takes its first idea's.

    An idea that roadmap has not heard of is accepted, since news of it may be under way; its title cannot be taken then
    (Invalid).
    """
    if title is None:
        title = await ideas.title_of(tx, caller.workspace_id, idea_ids[0])
    if title is None:
        raise Invalid(
            "The first idea is not known here (yet), so its title cannot be taken.",
            code="title_required",
            errors=[FieldError("/body/title", "is required while the first idea is unknown")],
        )
    changed = ["title", "status", "idea_ids"]
    changed += [name for name, value in (("summary", summary), ("target", target)) if value]
    row = await tx.one(
        store.ADD,
        caller.workspace_id,
        new_id(),
        title,
        summary,
        status,
        target,
        sorted(idea_ids),
        changed,
        caller.key_id,
    )
    assert row is not None  # an insert returns its row or raises
    await emit(tx, [_event(caller.workspace_id, row)])
    return row


async def edit(tx: Tx, caller: Caller, item_id: UUID, expected: int | None, edits: Mapping[str, Any]) -> asyncpg.Record:
    """Set fields of an item, by name. What is set already changes nothing. NotFound, or PreconditionFailed."""
    item = await _locked(tx, caller.workspace_id, item_id, expected)
    if "idea_ids" in edits:
        edits = {**edits, "idea_ids": sorted(edits["idea_ids"])}
    return await _store(tx, caller, item, edits)


async def move(
    tx: Tx, caller: Caller, item_id: UUID, expected: int | None, status: ItemStatus, note: str | None
) -> asyncpg.Record:
    """Move an item to another status. Conflict when it cannot go there from where it is, saying where it can go."""
    item = await _locked(tx, caller.workspace_id, item_id, expected)
    present: ItemStatus = item["status"]
    if status not in NEXT[present]:
        allowed = ", ".join(NEXT[present])
        raise Conflict(
            f"The item is {present}. From there it can become: {allowed}.",
            code="illegal_transition",
            errors=[FieldError("/body/status", f"must be one of: {allowed}")],
        )
    shipped_at = datetime.now(UTC) if status == "shipped" else None
    return await _store(tx, caller, item, {"status": status}, shipped_at=shipped_at, note=note)


async def detail(read: Read, workspace_id: UUID, item_id: UUID) -> Detail:
    """An item, its ideas with demand and scores as they are now, and its newest changes. Four statements; NotFound."""
    item = await _get(read, workspace_id, item_id)
    return Detail(
        item,
        await ideas.evidence(read, workspace_id, item["idea_ids"]),
        await read.all(store.HISTORY, workspace_id, item_id, MOST_HISTORY),
    )


async def _get(read: Read, workspace_id: UUID, item_id: UUID) -> asyncpg.Record:
    row = await read.one(store.GET, workspace_id, item_id)
    if row is None:
        raise NotFound("No item by that id.")
    return row


async def _locked(tx: Tx, workspace_id: UUID, item_id: UUID, expected: int | None) -> asyncpg.Record:
    await tx.value(store.LOCK, workspace_id, item_id)
    row = await _get(tx, workspace_id, item_id)
    require_version(expected, row["version"])
    return row


async def _store(
    tx: Tx,
    caller: Caller,
    item: asyncpg.Record,
    edits: Mapping[str, Any],
    *,
    shipped_at: datetime | None = None,
    note: str | None = None,
) -> asyncpg.Record:
    changed = [name for name, value in edits.items() if item[name] != value]
    if not changed:
        return item
    new: dict[str, Any] = {**item, **edits}
    row = await tx.one(
        store.CHANGE,
        caller.workspace_id,
        item["id"],
        new["title"],
        new["summary"],
        new["status"],
        new["target"],
        shipped_at if "status" in changed else item["shipped_at"],
        new["idea_ids"],
        changed,
        note,
        caller.key_id,
    )
    assert row is not None  # locked before
    await emit(tx, [_event(caller.workspace_id, row)])
    return row


def _event(workspace_id: UUID, row: asyncpg.Record) -> ItemChanged:
    return ItemChanged(
        workspace_id=workspace_id,
        version=row["version"],
        item_id=row["id"],
        idea_ids=row["idea_ids"],
        title=row["title"],
        status=row["status"],
        shipped_at=row["shipped_at"],
    )
