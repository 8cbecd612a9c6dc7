"""Objectives: set, edited, begun and ended. Each change is numbered, kept and told.

All of a workspace's changes happen one after the other, so the strategy as a whole has a version too: it rises when
what ideas are held against becomes another. Those who hold several rows take the strategy first, then objectives by id.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.roadmap.objectives import store
from services.roadmap.objectives.standing import turns_on, within
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.roadmap import ObjectiveChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.routes import require_version

FIELDS = ("title", "description", "weight", "status", "starts_on", "ends_on", "owner", "product_id", "archived")
"""All that is told of an objective, in the order of the statements."""
MOST = 200
"""Objectives of a workspace that are not archived."""
MOST_IDEAS = 500
"""Ideas that one objective may be said to be served by."""
CALENDAR = "calendar"
"""Who changed an objective on the day that it began or ended."""


async def create(tx: Tx, workspace_id: UUID, told: Mapping[str, Any], actor: str) -> asyncpg.Record:
    """A new objective. Invalid when it ends before it begins; Conflict when there are too many."""
    wanted: dict[str, Any] = {**told, "archived": False}
    _require_days(wanted)
    await tx.value(store.HOLD_STRATEGY, workspace_id)
    await _room(tx, workspace_id)
    row = await tx.one(store.ADD, workspace_id, new_id(), *_columns(wanted), *_standing(wanted, today()))
    assert row is not None, "it was inserted just now"
    await _keep(tx, workspace_id, row, actor, moved=row["counts"])
    return row


async def update(
    tx: Tx, workspace_id: UUID, objective_id: UUID, expected: int | None, told: Mapping[str, Any], actor: str
) -> asyncpg.Record:
    """Change what is told; fields left out stay. NotFound, PreconditionFailed, Invalid, or Conflict over too many."""
    await tx.value(store.HOLD_STRATEGY, workspace_id)
    old = await _locked(tx, workspace_id, objective_id)
    require_version(expected, old["version"])
    wanted: dict[str, Any] = {**{name: old[name] for name in FIELDS}, **told}
    if all(old[name] == value for name, value in wanted.items()):
        return old
    _require_days(wanted)
    if old["archived"] and not wanted["archived"]:
        await _room(tx, workspace_id)
    return await _store(tx, workspace_id, old, wanted, old["progress"], actor)


async def hold(tx: Tx, workspace_id: UUID, objective_id: UUID) -> asyncpg.Record:
    """An objective that nobody else changes meanwhile, for those who change what belongs to it. NotFound."""
    await tx.value(store.HOLD_STRATEGY, workspace_id)
    return await _locked(tx, workspace_id, objective_id)


async def reach(tx: Tx, workspace_id: UUID, held: asyncpg.Record, progress: float | None, actor: str) -> None:
    """Tell how far an objective has come, which the caller holds. What it says already changes nothing."""
    if held["progress"] != progress:
        await _store(tx, workspace_id, held, {**held}, progress, actor)


async def get(read: Read, workspace_id: UUID, objective_id: UUID) -> asyncpg.Record:
    """An objective, or NotFound."""
    row = await read.one(store.GET, workspace_id, objective_id)
    if row is None:
        raise NotFound("No objective by that id.")
    return row


async def version(read: Read, workspace_id: UUID) -> int:
    """The version of the strategy; 0 while there is none."""
    return await read.value(store.STRATEGY, workspace_id) or 0


async def count_ideas(tx: Tx, workspace_id: UUID, gained: Sequence[UUID], lost: Sequence[UUID]) -> None:
    """Count an idea for objectives that it now serves, and no more for those that it no longer does.

    Conflict when one would have too many. A new one must be there and not archived (Invalid).
    """
    held = {row["id"]: row for row in await tx.all(store.LOCK_MANY, workspace_id, [*gained, *lost])}
    wrong = [FieldError("/body/contributions", f"no objective by the id {id}") for id in gained if id not in held]
    wrong += [
        FieldError("/body/contributions", f"the objective {id} is archived")
        for id in gained
        if id in held and held[id]["archived"]
    ]
    if wrong:
        raise Invalid(errors=wrong)
    if full := [held[id]["title"] for id in gained if held[id]["ideas"] >= MOST_IDEAS]:
        raise Conflict(f"{full[0]!r} has {MOST_IDEAS} ideas already, as many as it may.", code="too_many_ideas")
    await tx.run(store.COUNT_IDEAS, workspace_id, [*gained, *lost], [1] * len(gained) + [-1] * len(lost))


async def turn_one(tx: Tx, day: date) -> bool:
    """Let one objective begin or end whose day has come; False when there is none."""
    due = await tx.one(store.DUE, day)
    if due is None:
        return False
    workspace_id: UUID = due["workspace_id"]
    await tx.value(store.HOLD_STRATEGY, workspace_id)
    # Another worker may have turned it, or somebody its dates, while this one waited.
    row = await tx.one(store.LOCK, workspace_id, due["id"])
    if row is None or row["turns_on"] is None or row["turns_on"] > day:
        return True
    counts, next_day = _standing({**row}, day)
    if counts == row["counts"]:
        await tx.run(store.TURN, workspace_id, row["id"], next_day)
    else:
        await _store(tx, workspace_id, row, {**row}, row["progress"], CALENDAR, day)
    return True


async def _store(
    tx: Tx,
    workspace_id: UUID,
    old: asyncpg.Record,
    wanted: Mapping[str, Any],
    progress: float | None,
    actor: str,
    day: date | None = None,
) -> asyncpg.Record:
    standing = _standing(wanted, day or today())
    row = await tx.one(store.UPDATE, workspace_id, old["id"], *_columns(wanted), *standing, progress)
    assert row is not None, "it is locked"
    matters = ("counts", "weight", "progress") if row["counts"] else ("counts",)
    await _keep(tx, workspace_id, row, actor, moved=any(row[name] != old[name] for name in matters))
    return row


async def _keep(tx: Tx, workspace_id: UUID, row: asyncpg.Record, actor: str, *, moved: bool) -> None:
    raised = moved or not await version(tx, workspace_id)
    strategy = await (tx.value(store.RAISE_STRATEGY, workspace_id) if raised else version(tx, workspace_id))
    state = {name: row[name] for name in (*FIELDS, "counts", "progress")}
    await tx.run(store.KEEP, workspace_id, row["id"], row["version"], strategy, to_json(state).decode(), actor)
    told: dict[str, Any] = {
        name: row[name]
        for name in (
            "product_id",
            "weight",
            "status",
            "archived",
            "starts_on",
            "ends_on",
            "counts",
            "progress",
            "version",
        )
    }
    await emit(
        tx, [ObjectiveChanged(workspace_id=workspace_id, objective_id=row["id"], strategy_version=strategy, **told)]
    )


async def _locked(tx: Tx, workspace_id: UUID, objective_id: UUID) -> asyncpg.Record:
    row = await tx.one(store.LOCK, workspace_id, objective_id)
    if row is None:
        raise NotFound("No objective by that id.")
    return row


async def _room(tx: Tx, workspace_id: UUID) -> None:
    if await tx.value(store.TOO_MANY, workspace_id, MOST) >= MOST:
        raise Conflict(f"There are {MOST} objectives; archive one first.", code="too_many_objectives")


def _columns(told: Mapping[str, Any]) -> list[Any]:
    return [told[name] for name in FIELDS]


def _standing(told: Mapping[str, Any], day: date) -> tuple[bool, date | None]:
    active = told["status"] == "active" and not told["archived"]
    days = told["starts_on"], told["ends_on"]
    return active and within(*days, day), turns_on(*days, day) if active else None


def _require_days(told: Mapping[str, Any]) -> None:
    if told["starts_on"] is not None and told["ends_on"] is not None and told["ends_on"] < told["starts_on"]:
        raise Invalid(errors=[FieldError("/body/ends_on", "is before starts_on")])


def today() -> date:
    """Today in UTC, which all days are told in."""
    return datetime.now(UTC).date()
