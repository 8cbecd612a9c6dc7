"""A workspace carried away whole, and put back into an empty one."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from services.feedback.exports import store
from services.feedback.exports.file import mask_of, renamed, table_of
from shared.database import Tx
from shared.events.base import Event
from shared.events.feedback import DemandChanged, FeedbackReceived, IdeaChanged
from shared.outbox import emit

TABLES = frozenset(store.TABLES)
REFERRING = frozenset(store.COMPLETE)
"""Tables whose rows refer to each other: their references are filled in by a second pass."""


async def filled(tx: Tx, workspace_id: UUID) -> str | None:
    """A table that has rows in this workspace; None when it is empty."""
    return await tx.value(store.FILLED, workspace_id)


async def restore(tx: Tx, workspace_id: UUID, lines: Sequence[bytes]) -> None:
    """Put rows back, in the order of an export, and tell the other services of them."""
    mask = mask_of(workspace_id)
    for table, some in groupby(lines, table_of):
        if table not in TABLES:
            continue
        given = [line.strip() for line in some]
        await tx.run(store.WRITE[table], workspace_id, mask, f"[{b','.join(given).decode()}]")
        if table in {"ideas", "demand", "feedback"}:
            await _tell(tx, workspace_id, table, mask, given)


async def complete(tx: Tx, workspace_id: UUID, lines: Sequence[bytes]) -> None:
    """Fill in what rows say of others of the same table, now that all are there."""
    mask = mask_of(workspace_id)
    for table, some in groupby(lines, table_of):
        if table in REFERRING:
            await tx.run(
                store.COMPLETE[table], workspace_id, mask, f"[{b','.join(line.strip() for line in some).decode()}]"
            )


async def _tell(tx: Tx, workspace_id: UUID, table: str, mask: int, lines: Sequence[bytes]) -> None:
    """The snapshots of what was put back, as if it had just changed: whoever listens knows it then."""
    key = "idea_id" if table == "demand" else "id"
    rows: list[Any] = [from_json(line)["row"] for line in lines]
    ids = [renamed(UUID(row[key]), mask) for row in rows]
    events: list[Event]
    match table:
        case "ideas":
            found = await tx.all(store.TOLD_IDEAS, workspace_id, ids)
            events = [IdeaChanged(workspace_id=workspace_id, **row) for row in found]
        case "demand":
            events = [DemandChanged(**row) for row in await tx.all(store.TOLD_DEMAND, workspace_id, ids)]
        case _:
            found = await tx.all(store.TOLD_FEEDBACK, workspace_id, ids)
            events = [FeedbackReceived(workspace_id=workspace_id, **row) for row in found]
    await emit(tx, events)
