"""Corrections: made of what was measured, kept as versions, and in force while somebody has switched them on.

Nothing corrects a score unasked. Switching rescores every model that it bears on, with the correction as the cause;
switching off gives exactly the scores that there were without it, for the estimates are never touched.
"""

from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.scoring.calibration import domain as calibration
from services.scoring.calibration.accuracy import Accuracy
from services.scoring.calibration.domain import Basis
from services.scoring.corrections import store
from services.scoring.models import domain as models
from services.scoring.scores.domain import lock_workspace
from services.scoring.teams import domain as teams
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.routes import require_version

MOST_ON = 100
"""In force at once: all of them are read with every score."""


async def get(read: Read, workspace_id: UUID, correction_id: UUID) -> asyncpg.Record:
    """A correction, or NotFound."""
    row = await read.one(store.GET, workspace_id, correction_id)
    if row is None:
        raise NotFound("No correction by that id.")
    return row


async def make(
    tx: Tx,
    workspace_id: UUID,
    *,
    input: str,
    basis: Basis,
    team_id: UUID | None,
    framework: str | None,
    k: float,
    by: str,
) -> asyncpg.Record:
    """A new version, switched off. Invalid for an unknown team; Conflict when there is nothing to make it of."""
    if team_id is not None:
        await teams.named(tx, workspace_id, {"/body/team_id": team_id})
    made = calibration.taken(await calibration.pairs(tx, workspace_id, input, basis), team_id)
    found = calibration.figures(made, basis, k)
    n = found.ratio_of if isinstance(found, Accuracy) else found.n
    if n == 0:
        raise Conflict("No outcome can be held against an estimate of it yet.", code="nothing_to_compare")
    await lock_workspace(tx, workspace_id)
    number = await tx.value(store.NEXT_NUMBER, workspace_id, input, team_id, framework)
    evidence: dict[str, Any] = {"k": k, "figures": found, "pairs": made[: calibration.MOST]}
    correction_id = new_id()
    await tx.run(
        store.ADD,
        workspace_id,
        correction_id,
        input,
        team_id,
        framework,
        number,
        basis,
        "odds" if basis == "events" else "ratio",
        found.factor,
        n,
        to_json(evidence).decode(),
        by,
    )
    return await get(tx, workspace_id, correction_id)


async def switch(
    tx: Tx, workspace_id: UUID, correction_id: UUID, expected: int | None, *, on: bool, by: str
) -> asyncpg.Record:
    """Put it in force, in place of any of the same scope, or out of force; once is as good as twice.

    NotFound, PreconditionFailed, or Conflict when too many are in force.
    """
    await lock_workspace(tx, workspace_id)
    row = await get(tx, workspace_id, correction_id)
    require_version(expected, row["version"])
    if row["in_force"] == on:
        return row
    await tx.run(store.SWITCH_OFF, workspace_id, row["input"], row["team_id"], row["framework"], by)
    if on:
        if await tx.value(store.COUNT_ON, workspace_id) >= MOST_ON:
            raise Conflict(f"{MOST_ON} corrections are in force; switch one off first.", code="too_many_in_force")
        await tx.run(store.SWITCH_ON, workspace_id, correction_id, new_id(), by)
    await models.correct(tx, workspace_id, correction_id, row["framework"])
    return await get(tx, workspace_id, correction_id)
