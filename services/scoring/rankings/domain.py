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
from shared.errors import Conflict
from shared.paging import FIRST, LAST, decode, encode

FEW = 2_000
"""Ideas that a filter may leave for all of them to be looked up."""
WINDOW = 1_000
"""Places of the ranking that a page looks at: where few of them are what was asked for it holds fewer."""


DEPTH = 20_000
"""Places that are walked for the first ideas of a kind, and ideas of a kind that are looked up for them, at most."""


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
    few = await left_by(read, asked.workspace_id, asked.filters, FEW)
    if few is not None:
        return await read.all(store.OF[state], *chosen, *place, limit + 1, few), None
    return await _walked(read, asked, place, limit + 1)


async def _walked(
    read: Read, asked: Asked, place: tuple[Any, ...], limit: int
) -> tuple[list[asyncpg.Record], tuple[Any, ...] | None]:
    """As many as `limit` of a window; and where it ended, if they are fewer and others are below it."""
    chosen = asked.workspace_id, asked.model_id, *asked.filters.values()
    rows = await read.all(store.NOW[asked.state], *chosen, *place, limit, WINDOW)
    # There is always one row, which tells where the window ended.
    end = None if rows[0]["end_id"] is None else _key(asked.state, rows[0]["end_value"], rows[0]["end_id"])
    return [row for row in rows if row["id"] is not None], end


async def left_by(
    read: Read, workspace_id: UUID, filters: Mapping[str, str | UUID | None], most: int
) -> list[UUID] | None:
    """The ideas that a filter leaves, and maybe others, where they are so many at most; None where each leaves more."""
    for name in store.FEW:
        if (wanted := filters.get(name)) is not None:
            rows = await read.all(store.FEW[name], workspace_id, wanted, most + 1)
            if len(rows) <= most:
                return [row["idea_id"] for row in rows]
    return None


async def best(
    read: Read,
    workspace_id: UUID,
    model_id: UUID,
    among: int,
    *,
    kind: str | None,
    status: str | None,
    product_id: UUID | None,
) -> list[asyncpg.Record]:
    """The first so many of today's ranking, or all that fit where there are fewer.

    Conflict where each filter leaves many ideas, and the first DEPTH places of the ranking hold too few of them.
    """
    filters = {"kind": kind, "status": status, "gate": None, "product_id": product_id}
    asked = Asked(workspace_id, model_id, "scored", filters, None)
    place: tuple[Any, ...] = (math.inf, LAST)
    if (few := await left_by(read, workspace_id, filters, DEPTH)) is not None:
        return await read.all(store.OF[asked.state], workspace_id, model_id, *filters.values(), *place, among, few)
    found: list[asyncpg.Record] = []
    for _ in range(DEPTH // WINDOW):
        rows, end = await _walked(read, asked, place, among - len(found))
        found += rows
        if end is None:
            return found
        place = end
    raise too_far_down(len(found), among)


def too_far_down(found: int, among: int) -> Conflict:
    """The first places hold fewer than so many."""
    words = f"The first {DEPTH:,} places of the ranking hold {found} such ideas, fewer than the {among} asked for"
    return Conflict(f"{words}: ask for no more (`among`), or by one filter that leaves fewer.", code="too_far_down")


def _key(state: State, value: float, idea_id: UUID) -> tuple[Any, ...]:
    return (value, idea_id) if state == "scored" else (idea_id,)
