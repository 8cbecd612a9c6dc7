"""Where strategy and work do not meet."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.roadmap.coverage import store
from services.roadmap.objectives import domain as objectives
from shared.database import Read

WINDOW = 2_000
"""Ideas, or items, that a page looks at."""


class Found(NamedTuple):
    """Some of a list, and where to go on when there may be more."""

    rows: list[asyncpg.Record]
    next: UUID | None


async def serving(
    read: Read, workspace_id: UUID, objective_id: UUID, after: UUID, limit: int
) -> list[tuple[asyncpg.Record, list[asyncpg.Record]]]:
    """Ideas that contribute to an objective, each with the items that it is on; one more than `limit`. NotFound."""
    await objectives.get(read, workspace_id, objective_id)
    rows = await read.all(store.SERVING, workspace_id, objective_id, after, limit + 1)
    items: dict[UUID, list[asyncpg.Record]] = {}
    for row in await read.all(store.ITEMS_OF, workspace_id, [row["idea_id"] for row in rows]):
        items.setdefault(row["idea_id"], []).append(row)
    return [(row, items.get(row["idea_id"], [])) for row in rows]


async def unaligned_ideas(read: Read, workspace_id: UUID, before: UUID, limit: int) -> Found:
    """Ideas that contribute to nothing that counts, the newest first."""
    return _found(await read.all(store.UNALIGNED_IDEAS, workspace_id, before, limit + 1, WINDOW), limit)


async def unaligned_items(read: Read, workspace_id: UUID, before: UUID, limit: int) -> Found:
    """Open items none of whose ideas contributes to anything that counts, the newest first."""
    return _found(await read.all(store.UNALIGNED_ITEMS, workspace_id, before, limit + 1, WINDOW), limit)


def _found(rows: Sequence[asyncpg.Record], limit: int) -> Found:
    looked, reach = rows[0]["looked"], rows[0]["reach"]
    found = [row for row in rows if row["id"] is not None]
    if len(found) > limit:
        return Found(found[:limit], found[limit - 1]["id"])
    return Found(found, reach if looked == WINDOW else None)
