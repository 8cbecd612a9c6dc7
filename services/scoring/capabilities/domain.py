"""Capabilities: added, told what we have of them, linked to the ideas that would give us more."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.scoring.capabilities import store
from services.scoring.competition import domain as competition
from services.scoring.frameworks.parity import Standing
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.routes import require_version

FIELDS = ("name", "note", "ours", "archived")


async def create(
    tx: Tx, workspace_id: UUID, *, name: str, note: str, ours: Standing, idea_ids: Sequence[UUID]
) -> asyncpg.Record:
    """A new capability. Conflict when the name is taken, or there are too many of it or of an idea."""
    await competition.hold(tx, workspace_id)
    await _room(tx, workspace_id)
    capability_id = new_id()
    if not await tx.run(store.ADD, workspace_id, capability_id, name, note, ours):
        raise _taken(name)
    # Nothing is known of it yet, so no score moves.
    await _link(tx, workspace_id, capability_id, idea_ids)
    return await get(tx, workspace_id, capability_id)


async def update(
    tx: Tx, workspace_id: UUID, capability_id: UUID, expected: int | None, told: Mapping[str, Any]
) -> asyncpg.Record:
    """Change what is told; fields left out stay. NotFound, PreconditionFailed, or Conflict."""
    await competition.hold(tx, workspace_id)
    old = await get(tx, workspace_id, capability_id)
    require_version(expected, old["version"])
    wanted: dict[str, Any] = {**{name: old[name] for name in (*FIELDS, "idea_ids")}, **told}
    wanted["idea_ids"] = sorted(wanted["idea_ids"])
    if all(old[name] == value for name, value in wanted.items()):
        return old
    if await tx.value(store.NAME_TAKEN, workspace_id, wanted["name"], capability_id):
        raise _taken(wanted["name"])
    if old["archived"] and not wanted["archived"]:
        await _room(tx, workspace_id)
    await tx.run(store.UPDATE, workspace_id, capability_id, *(wanted[name] for name in FIELDS))
    await _link(tx, workspace_id, capability_id, wanted["idea_ids"])
    before, now = set(old["idea_ids"]), set(wanted["idea_ids"])
    other = (old["ours"], old["archived"]) != (wanted["ours"], wanted["archived"])
    await competition.move(tx, workspace_id, before | now if other else before ^ now, capability_id)
    return await get(tx, workspace_id, capability_id)


async def get(read: Read, workspace_id: UUID, capability_id: UUID) -> asyncpg.Record:
    """A capability with its ideas, or NotFound."""
    row = await read.one(store.GET, workspace_id, capability_id)
    if row is None:
        raise NotFound("No capability by that id.")
    return row


async def _link(tx: Tx, workspace_id: UUID, capability_id: UUID, idea_ids: Sequence[UUID]) -> None:
    await tx.run(store.UNLINK, workspace_id, capability_id, idea_ids)
    await tx.run(store.LINK, workspace_id, capability_id, idea_ids)
    most = competition.MOST_OF_IDEA
    if crowded := await tx.all(store.CROWDED, workspace_id, idea_ids, most):
        words = f"The idea {crowded[0]['idea_id']} would stand for more than {most} capabilities."
        raise Conflict(words, code="too_many_capabilities")


async def _room(tx: Tx, workspace_id: UUID) -> None:
    if await tx.value(store.HELD, workspace_id) >= competition.MOST_CAPABILITIES:
        words = f"There are {competition.MOST_CAPABILITIES} capabilities; archive one first."
        raise Conflict(words, code="too_many_capabilities")


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a capability with the name {name!r} already.", code="name_taken")
