"""Pages of a ranking: from where the last one ended, however many ideas there are, of any day, whatever is filtered."""

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
from shared.paging import FIRST, LAST, decode, encode

FEW = 2_000
"""Ideas that a filter may leave for all of them to be looked up."""
WINDOW = 1_000
"""Places of the ranking that a page looks at: where few of them are what was asked for it holds fewer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which ranking, and of it which ideas."""

    workspace_id: UUID
    model_id: UUID
    state: State
    filters: Mapping[str, str | UUID | None]
    """Kind, status, gate and product_id."""
    as_of: date | None


async def page(read: Read, asked: Asked, cursor: str | None, limit: int) -> tuple[list[asyncpg.Record], str | None]:
    """The next ideas in their order, and the cursor for those after them; None: there are none."""
    place: tuple[Any, ...]
    if asked.state == "scored":
        place = (math.inf, LAST) if cursor is None else decode(cursor, float, UUID)
    else:
        place = (LAST,) if cursor is None else (decode(cursor, UUID)[0],)
    rows, end = await _found(read, asked, place, limit)
    if len(rows) > limit:
        last = rows[limit - 1]
        return rows[:limit], encode(*_key(asked.state, last["value"], last["idea_id"]))
    return rows, None if end is None else encode(*end)


async def _found(
    read: Read, asked: Asked, place: tuple[Any, ...], limit: int
) -> tuple[list[asyncpg.Record], tuple[Any, ...] | None]:
    """One more than asked for, where there are so many; else the last place looked at, if there are others below it."""
    state = asked.state
    chosen = asked.workspace_id, asked.model_id, *asked.filters.values()
    if asked.as_of is not None:
        ends = await read.one(store.END[state], asked.workspace_id, asked.model_id, *place, WINDOW)
        end = None if ends is None else _key(state, ends["value"], ends["idea_id"])
        # What lies below the end is not whole: of one of the two that are walked it was not looked at.
        lowest = end or _key(state, -math.inf, FIRST)
        return await read.all(store.THEN[state], *chosen, asked.as_of, *place, *lowest, limit + 1), end
    few = await _few(read, asked)
    if few is not None:
        return await read.all(store.OF[state], *chosen, *place, limit + 1, few), None
    rows = await read.all(store.NOW[state], *chosen, *place, limit + 1, WINDOW)
    # There is always one row, which tells where the window ended.
    end = None if rows[0]["end_id"] is None else _key(state, rows[0]["end_value"], rows[0]["end_id"])
    return [row for row in rows if row["id"] is not None], end


async def _few(read: Read, asked: Asked) -> list[UUID] | None:
    """The ideas that a filter leaves, and maybe others, where they are few; None where each leaves many."""
    for name in store.FEW:
        if (wanted := asked.filters[name]) is not None:
            rows = await read.all(store.FEW[name], asked.workspace_id, wanted, FEW + 1)
            if len(rows) <= FEW:
                return [row["idea_id"] for row in rows]
    return None


def _key(state: State, value: float, idea_id: UUID) -> tuple[Any, ...]:
    return (value, idea_id) if state == "scored" else (idea_id,)
