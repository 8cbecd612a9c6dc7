"""Competitors: added, weighed, archived."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from services.scoring.competition import domain as competition
from services.scoring.competitors import store
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.routes import require_version

FIELDS = ("name", "url", "note", "weight", "archived")


async def create(tx: Tx, workspace_id: UUID, *, name: str, url: str | None, note: str, weight: float) -> asyncpg.Record:
    """A new competitor, of whom nothing is known yet. Conflict when the name is taken, or there are too many."""
    await competition.hold(tx, workspace_id)
    await _room(tx, workspace_id)
    row = await tx.one(store.ADD, workspace_id, new_id(), name, url, note, weight)
    if row is None:
        raise _taken(name)
    return row


async def update(
    tx: Tx, workspace_id: UUID, competitor_id: UUID, expected: int | None, told: Mapping[str, Any]
) -> asyncpg.Record:
    """Change what is told; fields left out stay. NotFound, PreconditionFailed, or Conflict."""
    await competition.hold(tx, workspace_id)
    old = await get(tx, workspace_id, competitor_id)
    require_version(expected, old["version"])
    wanted: dict[str, Any] = {**{name: old[name] for name in FIELDS}, **told}
    if all(old[name] == value for name, value in wanted.items()):
        return old
    if await tx.value(store.NAME_TAKEN, workspace_id, wanted["name"], competitor_id):
        raise _taken(wanted["name"])
    if old["archived"] and not wanted["archived"]:
        await _room(tx, workspace_id)
    row = await tx.one(store.UPDATE, workspace_id, competitor_id, *(wanted[name] for name in FIELDS))
    assert row is not None, "the workspace is held"
    if (row["weight"], row["archived"]) != (old["weight"], old["archived"]):
        await competition.move_all(tx, workspace_id, competitor_id)
    return row


async def get(read: Read, workspace_id: UUID, competitor_id: UUID) -> asyncpg.Record:
    """A competitor, or NotFound."""
    row = await read.one(store.GET, workspace_id, competitor_id)
    if row is None:
        raise NotFound("No competitor by that id.")
    return row


async def _room(tx: Tx, workspace_id: UUID) -> None:
    if await tx.value(store.HELD, workspace_id) >= competition.MOST_COMPETITORS:
        words = f"There are {competition.MOST_COMPETITORS} competitors; archive one first."
        raise Conflict(words, code="too_many_competitors")


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a competitor with the name {name!r} already.", code="name_taken")
