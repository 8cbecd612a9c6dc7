"""Key results: set, measured again and again. What they measure tells how far their objective has come.

Whoever changes one holds its objective, so a check-in and the progress that follows from it are one change.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.roadmap.key_results import store
from services.roadmap.objectives import domain as objectives
from services.roadmap.objectives.standing import overall, progress
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.routes import require_version

MOST = 50
"""Key results of an objective that are not archived."""
FIELDS = ("title", "unit", "start", "target", "archived")


async def create(
    tx: Tx, workspace_id: UUID, objective_id: UUID, *, title: str, unit: str, start: float, target: float, actor: str
) -> asyncpg.Record:
    """A new key result. NotFound; Invalid when it would go nowhere; Conflict when its objective has too many."""
    _require_way(start, target)
    objective = await objectives.hold(tx, workspace_id, objective_id)
    await _room(tx, workspace_id, objective_id)
    row = await tx.one(store.ADD, workspace_id, new_id(), objective_id, title, unit, start, target)
    assert row is not None, "it was inserted just now"
    await _reach(tx, workspace_id, objective, actor)
    return row


async def update(
    tx: Tx, workspace_id: UUID, result_id: UUID, expected: int | None, told: Mapping[str, Any], actor: str
) -> asyncpg.Record:
    """Change what is told; fields left out stay. NotFound, PreconditionFailed, Invalid, or Conflict over too many."""
    objective, old = await _hold(tx, workspace_id, result_id)
    require_version(expected, old["version"])
    wanted: dict[str, Any] = {**{name: old[name] for name in FIELDS}, **told}
    if all(old[name] == value for name, value in wanted.items()):
        return old
    _require_way(wanted["start"], wanted["target"])
    if old["archived"] and not wanted["archived"]:
        await _room(tx, workspace_id, objective["id"])
    # Nothing has been measured yet: it is where it starts.
    current = wanted["start"] if old["measured_on"] is None else old["current"]
    row = await tx.one(store.UPDATE, workspace_id, result_id, *(wanted[name] for name in FIELDS), current)
    assert row is not None, "its objective is held"
    await _reach(tx, workspace_id, objective, actor)
    return row


async def check_in(
    tx: Tx, workspace_id: UUID, result_id: UUID, *, value: float, on: date | None, note: str | None, by: str, actor: str
) -> asyncpg.Record:
    """Keep what was measured. NotFound; Invalid for a day to come; Conflict when the key result is archived.

    Tomorrow is taken: it is today already in the east.
    """
    today = objectives.today()
    if on is not None and on > today + timedelta(days=1):
        raise Invalid(errors=[FieldError("/body/measured_on", "lies in the future")])
    objective, held = await _hold(tx, workspace_id, result_id)
    if held["archived"]:
        raise Conflict("The key result is archived.", code="archived")
    day = on or today
    row = await tx.one(store.CHECK_IN, workspace_id, new_id(), result_id, value, day, note, by)
    assert row is not None, "it was inserted just now"
    await tx.run(store.STAND, workspace_id, result_id, value, day)
    await _reach(tx, workspace_id, objective, actor)
    return row


async def get(read: Read, workspace_id: UUID, result_id: UUID) -> asyncpg.Record:
    """A key result, or NotFound."""
    row = await read.one(store.GET, workspace_id, result_id)
    if row is None:
        raise NotFound("No key result by that id.")
    return row


async def _hold(tx: Tx, workspace_id: UUID, result_id: UUID) -> tuple[asyncpg.Record, asyncpg.Record]:
    found = await get(tx, workspace_id, result_id)
    objective = await objectives.hold(tx, workspace_id, found["objective_id"])
    # Once more: it may have changed while its objective was waited for.
    return objective, await get(tx, workspace_id, result_id)


async def _reach(tx: Tx, workspace_id: UUID, objective: asyncpg.Record, actor: str) -> None:
    rows = await tx.all(store.FIGURES, workspace_id, objective["id"])
    await objectives.reach(tx, workspace_id, objective, overall([progress(**row) for row in rows]), actor)


async def _room(tx: Tx, workspace_id: UUID, objective_id: UUID) -> None:
    if await tx.value(store.HELD, workspace_id, objective_id) >= MOST:
        raise Conflict(f"The objective has {MOST} key results; archive one first.", code="too_many_key_results")


def _require_way(start: float, target: float) -> None:
    if start == target:
        raise Invalid(errors=[FieldError("/body/target", "is the start: there would be no way to go")])
