"""Pages of a ranking: from where the last one ended, however many ideas there are and whatever is filtered."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from services.scoring.rankings import store
from services.scoring.scores.computed import State
from shared.database import Read
from shared.paging import LAST, decode, encode

FEW = 2_000
"""Ideas that a filter may leave for all of them to be looked up."""
WINDOW = 1_000
"""Places of the ranking that a page looks at where a filter leaves more: it may then hold fewer than asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which ranking, and of it which ideas."""

    workspace_id: UUID
    model_id: UUID
    state: State
    filters: Mapping[str, str | None]
    """Kind, status and gate."""
    as_of: date | None


async def page(read: Read, asked: Asked, cursor: str | None, limit: int) -> tuple[list[asyncpg.Record], str | None]:
    """The next ideas in their order, and the cursor for those after them; None: there are none."""
    place: tuple[Any, ...]
    if asked.state == "scored":
        place = (math.inf, LAST) if cursor is None else decode(cursor, float, UUID)
    else:
        place = (LAST,) if cursor is None else (decode(cursor, UUID)[0],)
    rows, reach = await _found(read, asked, place, limit)
    if len(rows) > limit:
        return rows[:limit], encode(*_key(rows[limit - 1], asked.state))
    return rows, None if reach is None else encode(*reach)


async def _found(
    read: Read, asked: Asked, place: tuple[Any, ...], limit: int
) -> tuple[list[asyncpg.Record], tuple[Any, ...] | None]:
    """One more than asked for, where there are so many; and how far was looked, where that is not to the end."""
    chosen = asked.workspace_id, asked.model_id, *asked.filters.values()
    if asked.as_of is not None:
        return await read.all(store.THEN[asked.state], *chosen, asked.as_of, *place, limit + 1), None
    if not any(asked.filters.values()):
        return await read.all(store.NOW[asked.state], *chosen, *place, limit + 1), None
    few = await _few(read, asked)
    if few is not None:
        return await read.all(store.OF[asked.state], *chosen, *place, limit + 1, few), None
    rows = await read.all(store.WITHIN[asked.state], *chosen, *place, limit + 1, WINDOW)
    # There is always one row, which tells how far was looked.
    seen = rows[0]
    reach = (seen["reach_value"], seen["reach_id"]) if asked.state == "scored" else (seen["reach_id"],)
    return [row for row in rows if row["id"] is not None], reach if seen["looked"] == WINDOW else None


async def _few(read: Read, asked: Asked) -> list[UUID] | None:
    """The ideas that a filter leaves, and maybe others, where they are few; None where each leaves many."""
    for name in store.FEW:
        if (wanted := asked.filters[name]) is not None:
            rows = await read.all(store.FEW[name], asked.workspace_id, wanted, FEW + 1)
            if len(rows) <= FEW:
                return [row["idea_id"] for row in rows]
    return None


def _key(row: asyncpg.Record, state: State) -> tuple[Any, ...]:
    return (row["value"], row["idea_id"]) if state == "scored" else (row["idea_id"],)
